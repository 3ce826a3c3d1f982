package dev.stasis.guest;

import java.time.Duration;

/// What came of waiting for a command's end.
public sealed interface CommandEnd {
    /// It ended by itself and its output was taken.
    ///
    /// @param code its exit code, 0 to 255
    record Exited(int code) implements CommandEnd {}

    /// A signal ended it and its output was taken.
    ///
    /// @param signal the signal's number
    record Signaled(int signal) implements CommandEnd {}

    /// The kernel killed it because the sandbox's memory had run out.
    record OutOfMemory() implements CommandEnd {}

    /// The agent killed it, with all that it had started, after its timeout.
    record TimedOut() implements CommandEnd {}

    /// It was let go: it runs on, and how it ends is told to whoever attaches to it next.
    record Detached() implements CommandEnd {}

    /// The wait was over first. The command is as it was.
    ///
    /// @param waited how long the wait was
    /// @param state what the command was at
    record StillRunning(Duration waited, String state) implements CommandEnd {}
}
