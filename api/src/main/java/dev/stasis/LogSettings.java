package dev.stasis;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// What of a sandbox's logs is read; {@link LogBuilder} makes them.
///
/// @param sources whose logs
/// @param since from when on
/// @param until where reading ends
public record LogSettings(Set<LogSource> sources, Optional<Instant> since, Until until) {
    /// Where reading ends.
    public enum Until {
        /// At what is there now.
        NOW,
        /// When the sandbox has no machine any more.
        END
    }

    /// Copies and checks.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    public LogSettings {
        if (sources.isEmpty()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "No logs are to be read: name one source at least, such as EXEC");
        }
        sources = Set.copyOf(sources);
    }
}
