package dev.stasis;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// How a snapshot is saved; {@link SaveBuilder} makes them.
///
/// @param taken what to do when the name is taken
/// @param labels labels that the snapshot gets
/// @param keepFor how long the name is kept before it may be pruned
public record SaveSettings(
        WhenTaken taken, Map<String, String> labels, Optional<Duration> keepFor) {
    /// What to do when another snapshot has the name.
    public enum WhenTaken {
        /// Fail with {@link ErrorCode#NAME_TAKEN}.
        REFUSE,
        /// Let the name point to the one that is saved.
        MOVE
    }

    /// Checks and copies.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when the time is not
    ///   positive
    public SaveSettings {
        labels = Map.copyOf(labels);
        keepFor.ifPresent(time -> RetentionSettings.requirePositive("A time to keep a name", time));
    }
}
