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

    /// The guest's kernel killed it because the sandbox's memory had run out. (That another process
    /// than its own was killed, its own exit code has to tell.)
    record OutOfMemory() implements ExecOutcome {}

    /// It could not be started in the guest.
    ///
    /// @param failure what kept it from starting
    /// @param reason what the guest said
    record NotStarted(Failure failure, String reason) implements ExecOutcome {
        /// What a shell would report: 127 when there is no such program, else 126.
        @Override
        public int exitCode() {
            return failure == Failure.PROGRAM_NOT_FOUND ? 127 : 126;
        }
    }

    /// What can keep a command from starting.
    enum Failure {
        /// There is no such program.
        PROGRAM_NOT_FOUND,
        /// The program is there, but it may not be executed, or is none.
        NOT_EXECUTABLE,
        /// The working folder is not there, is no folder, or may not be entered.
        BAD_FOLDER,
        /// There is no such user or group.
        NO_SUCH_USER,
        /// There was no memory, or no process left.
        OUT_OF_MEMORY,
        /// Anything else: the reason says it.
        OTHER
    }

    /// The exit code as a shell reports it: 128 + signal, 124 for a timeout, 127 or 126 when it
    /// could not be started, 137 when memory ran out.
    default int exitCode() {
        return switch (this) {
            case Exited(int code) -> code;
            case Signaled(int signal) -> 128 + signal;
            case TimedOut(Duration _) -> 124;
            case OutOfMemory() -> 137;
            case NotStarted refused -> refused.exitCode();
        };
    }
}
