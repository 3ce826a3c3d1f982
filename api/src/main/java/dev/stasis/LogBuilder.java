package dev.stasis;

import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Says what of a sandbox's logs is read: all of its commands', unless told otherwise. Not
/// thread-safe.
public final class LogBuilder {
    private Set<LogSource> sources = Set.of(LogSource.EXEC);
    private Optional<Instant> since = Optional.empty();
    private LogSettings.Until until = LogSettings.Until.NOW;

    /// Makes one that reads all of the commands' log.
    public LogBuilder() {}

    /// Reads these logs, put in order by their times.
    public LogBuilder sources(LogSource... wanted) {
        this.sources = new HashSet<>(Arrays.asList(wanted));
        return this;
    }

    /// Leaves out what is older, and what comes without a time before anything younger.
    public LogBuilder since(Instant time) {
        this.since = Optional.of(time);
        return this;
    }

    /// Waits for what comes, until the sandbox has no machine any more.
    public LogBuilder follow() {
        this.until = LogSettings.Until.END;
        return this;
    }

    /// What was said.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    public LogSettings build() {
        return new LogSettings(sources, since, until);
    }
}
