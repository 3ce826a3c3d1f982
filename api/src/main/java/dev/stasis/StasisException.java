package dev.stasis;

import org.jspecify.annotations.Nullable;

/// A failure of Stasis itself, or of what was asked of it. Its message says what failed, on what,
/// the value found and what to do.
public class StasisException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    /// Makes one.
    ///
    /// @param code what went wrong, for programs
    /// @param message what failed, on what, the value found and what to do
    public StasisException(ErrorCode code, String message) {
        this(code, message, null);
    }

    /// Makes one that was caused by another failure.
    ///
    /// @param code what went wrong, for programs
    /// @param message what failed, on what, the value found and what to do; not the text of the
    ///   cause again
    /// @param cause what it came from
    public StasisException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /// What went wrong, for programs.
    public ErrorCode code() {
        return code;
    }
}
