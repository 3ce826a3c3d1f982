package dev.stasis;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Something in the logs of a sandbox.
public sealed interface LogEntry {
    /// Who wrote it.
    default LogSource source() {
        return LogSource.EXEC;
    }

    /// When: by the guest's clock for commands, by this computer's for kernel and machine. Empty
    /// where that is not known.
    Optional<Instant> time();

    /// A command was started.
    ///
    /// @param time when
    /// @param exec the command's id
    /// @param pid its process in the guest
    /// @param command the program and its arguments, cut where they are long
    record Started(Optional<Instant> time, String exec, int pid, List<String> command)
            implements LogEntry {
        /// Copies.
        public Started {
            command = List.copyOf(command);
        }
    }

    /// A command wrote to its standard output, or to its terminal.
    ///
    /// @param time when the guest's agent took it
    /// @param exec the command's id
    /// @param text a line, or a piece of one when it does not end with a newline; bytes that are no
    ///   UTF-8 are U+FFFD
    record Stdout(Optional<Instant> time, String exec, String text) implements LogEntry {}

    /// A command wrote to its standard error.
    ///
    /// @param time when the guest's agent took it
    /// @param exec the command's id
    /// @param text as that of {@link Stdout}
    record Stderr(Optional<Instant> time, String exec, String text) implements LogEntry {}

    /// A command ended, or could not be started.
    ///
    /// @param time when
    /// @param exec the command's id
    /// @param outcome how; how long it was given is not known of one that took too long
    record Ended(Optional<Instant> time, String exec, ExecOutcome outcome) implements LogEntry {}

    /// Something is not in the log: a command wrote more than fits, or this computer's disk was
    /// full.
    ///
    /// @param source whose log
    /// @param time when that was written down
    /// @param exec the id of the command whose output it was; empty when the log itself was lost
    /// @param bytes how much
    record Lost(LogSource source, Optional<Instant> time, Optional<String> exec, long bytes)
            implements LogEntry {}

    /// A line of the kernel or the machine, or one that the agent of an old snapshot wrote.
    ///
    /// @param source whose
    /// @param time when it came
    /// @param text the line, without its end
    record Line(LogSource source, Optional<Instant> time, String text) implements LogEntry {}
}
