package dev.stasis;

/// Thrown by {@link ExecResult#orThrow()}: the command did not end with exit code 0.
public final class CommandFailedException extends StasisException {
    private static final long serialVersionUID = 1L;

    private final transient ExecResult result;

    CommandFailedException(String message, ExecResult result) {
        super(ErrorCode.COMMAND_FAILED, message);
        this.result = result;
    }

    /// How the command ended and what it had written.
    public ExecResult result() {
        return result;
    }
}
