package dev.stasis;

import java.time.Duration;

/// How a command ended.
public sealed interface ExecOutcome {
    /// It ended by itself.
    ///
    /// @param code its exit code, 0 to 255
    record Exited(int code) implements ExecOutcome {}

    /// A signal ended it.
    ///
    /// @param signal the signal's number
    record Signaled(int signal) implements ExecOutcome {}

    /// It ran longer than its timeout and was killed with everything it had started.
    ///
    /// @param timeout how long it was given
    record TimedOut(Duration timeout) implements ExecOutcome {}

    /// It could not be started in the guest.
    ///
    /// @param exitCode what a shell would report: 127 when there is no such program, else 126
    /// @param reason what the guest said
    record NotStarted(int exitCode, String reason) implements ExecOutcome {}

    /// The exit code as a shell reports it: 128 + signal, 124 for a timeout, 127 or 126 when it
    /// could not be started.
    default int exitCode() {
        return switch (this) {
            case Exited(int code) -> code;
            case Signaled(int signal) -> 128 + signal;
            case TimedOut(Duration _) -> 124;
            case NotStarted(int code, String _) -> code;
        };
    }
}
