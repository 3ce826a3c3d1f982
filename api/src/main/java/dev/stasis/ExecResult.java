package dev.stasis;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// How a command ended and what it wrote. What was sent to a stream of the caller's ({@link
/// ExecBuilder#stdout}) is not here.
public final class ExecResult {
    private static final int SHOWN_OUTPUT_CHARS = 2000;

    private final List<String> command;
    private final ExecOutcome outcome;
    private final byte[] stdout;
    private final byte[] stderr;

    /// Makes one.
    ///
    /// @param command the program and its arguments
    /// @param outcome how it ended
    /// @param stdout what it wrote to its standard output
    /// @param stderr what it wrote to its standard error
    public ExecResult(List<String> command, ExecOutcome outcome, byte[] stdout, byte[] stderr) {
        this.command = List.copyOf(command);
        this.outcome = outcome;
        this.stdout = stdout.clone();
        this.stderr = stderr.clone();
    }

    /// The program and its arguments: the image's own where that ran.
    public List<String> command() {
        return command;
    }

    /// How it ended.
    public ExecOutcome outcome() {
        return outcome;
    }

    /// The exit code as a shell reports it, see {@link ExecOutcome#exitCode()}.
    public int exitCode() {
        return outcome.exitCode();
    }

    /// Its standard output, read as UTF-8.
    public String stdout() {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    /// Its standard error, read as UTF-8.
    public String stderr() {
        return new String(stderr, StandardCharsets.UTF_8);
    }

    /// The bytes of its standard output.
    public byte[] stdoutBytes() {
        return stdout.clone();
    }

    /// The bytes of its standard error.
    public byte[] stderrBytes() {
        return stderr.clone();
    }

    /// This result, if the command ended with exit code 0.
    ///
    /// @throws CommandFailedException if it ended in any other way; the message has the end of its
    ///   standard error
    public ExecResult orThrow() {
        if (exitCode() == 0) {
            return this;
        }
        String how =
                switch (outcome) {
                    case ExecOutcome.Exited(int code) -> "ended with exit code " + code;
                    case ExecOutcome.Signaled(int signal) -> "was ended by signal " + signal;
                    case ExecOutcome.TimedOut(var timeout) ->
                            "was killed after its timeout of " + timeout;
                    case ExecOutcome.OutOfMemory() -> "was killed: the sandbox's memory ran out";
                    case ExecOutcome.NotStarted(var _, String reason) ->
                            "could not be started: " + reason;
                };
        String said = stderr().strip();
        String shown =
                said.length() > SHOWN_OUTPUT_CHARS
                        ? "…" + said.substring(said.length() - SHOWN_OUTPUT_CHARS)
                        : said;
        throw new CommandFailedException(
                "Command " + command + " " + how + (shown.isEmpty() ? "" : "; it said: " + shown),
                this);
    }

    @Override
    public String toString() {
        return "ExecResult["
                + command
                + ", "
                + outcome
                + ", stdout "
                + stdout.length
                + " bytes, stderr "
                + stderr.length
                + " bytes]";
    }
}
