package dev.stasis;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/// Says which names of snapshots are not to be kept. Not thread-safe.
///
/// A name whose own time is over, see {@link SaveBuilder#keepFor(Duration)}, is never kept. Of the
/// others those go that fit what is said here: all of {@link #olderThan} and {@link #keepLast} that
/// is said; none when neither is. Only what the filter means goes and counts.
public final class RetentionBuilder {
    private final SnapshotFilter filter = new SnapshotFilter();
    private OptionalInt keepLast = OptionalInt.empty();
    private Optional<Duration> olderThan = Optional.empty();
    private RetentionSettings.Act act = RetentionSettings.Act.REMOVE;

    /// Makes one that lets only names go whose time is over.
    public RetentionBuilder() {}

    /// Keeps the names of the snapshots that were taken last.
    ///
    /// @param count how many names
    public RetentionBuilder keepLast(int count) {
        this.keepLast = OptionalInt.of(count);
        return this;
    }

    /// Keeps the names of snapshots that were taken since then.
    public RetentionBuilder olderThan(Duration age) {
        this.olderThan = Optional.of(age);
        return this;
    }

    /// Says which names are meant; all when nothing is said.
    public RetentionBuilder only(Consumer<SnapshotFilter> which) {
        which.accept(filter);
        return this;
    }

    /// Only says what would go.
    public RetentionBuilder dryRun() {
        this.act = RetentionSettings.Act.SAY;
        return this;
    }

    /// What was said.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    public RetentionSettings build() {
        return new RetentionSettings(keepLast, olderThan, filter, act);
    }
}
