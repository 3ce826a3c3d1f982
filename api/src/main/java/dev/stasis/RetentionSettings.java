package dev.stasis;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/// Which names of snapshots are not to be kept; {@link RetentionBuilder} makes them.
///
/// @param keepLast how many of the newest are kept
/// @param olderThan how old those are that go
/// @param filter which are meant
/// @param act what to do
public record RetentionSettings(
        OptionalInt keepLast, Optional<Duration> olderThan, SnapshotFilter filter, Act act) {
    /// What to do with what is not to be kept.
    public enum Act {
        /// Remove it.
        REMOVE,
        /// Say what it is.
        SAY
    }

    /// Checks.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    public RetentionSettings {
        if (keepLast.isPresent() && keepLast.getAsInt() < 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%d snapshots can't be kept: say 0 or more".formatted(keepLast.getAsInt()));
        }
        olderThan.ifPresent(age -> requirePositive("An age", age));
    }

    static void requirePositive(String what, Duration time) {
        if (!time.isPositive() || time.compareTo(Duration.ofDays(365_000)) > 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s can't be %s: say a time of at most a thousand years, such as 7d"
                            .formatted(what, time));
        }
    }
}
