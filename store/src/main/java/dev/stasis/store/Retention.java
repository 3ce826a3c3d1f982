package dev.stasis.store;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiPredicate;

/// Which names of snapshots are not to be kept.
///
/// @param keepLast how many of the newest are kept
/// @param olderThan how old those are that go
/// @param meant which are meant, by snapshot and name
/// @param act what to do
public record Retention(
        OptionalInt keepLast,
        Optional<Duration> olderThan,
        BiPredicate<SnapshotStore.Entry, String> meant,
        Act act) {
    /// What to do with what is not to be kept.
    public enum Act {
        /// Remove it.
        REMOVE,
        /// Say what it is.
        SAY
    }
}
