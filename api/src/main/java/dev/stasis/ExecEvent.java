package dev.stasis;

import java.nio.charset.StandardCharsets;

/// What happens to a command, in the order in which it happens: first {@link Started}, then its
/// output, last {@link Exited}. A command that could not be started has only the last.
public sealed interface ExecEvent {
    /// It was started, or attached to.
    ///
    /// @param pid its process in the guest
    record Started(int pid) implements ExecEvent {}

    /// It was attached to, and had written more than is held for that: so much is missing here.
    ///
    /// @param bytes how much
    record Skipped(long bytes) implements ExecEvent {}

    /// It wrote to its standard output, or to its terminal.
    ///
    /// @param bytes what it wrote: the receiver's own. Characters may be cut in two between events
    @SuppressWarnings("ArrayRecordComponent") // given away once, and never compared
    record Stdout(byte[] bytes) implements ExecEvent {
        /// The bytes, read as UTF-8.
        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /// It wrote to its standard error.
    ///
    /// @param bytes what it wrote: the receiver's own. Characters may be cut in two between events
    @SuppressWarnings("ArrayRecordComponent") // given away once, and never compared
    record Stderr(byte[] bytes) implements ExecEvent {
        /// The bytes, read as UTF-8.
        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /// It has ended.
    ///
    /// @param outcome how
    record Exited(ExecOutcome outcome) implements ExecEvent {}
}
