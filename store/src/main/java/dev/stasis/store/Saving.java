package dev.stasis.store;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// How a snapshot is to be saved.
///
/// @param name the name
/// @param taken what to do when another snapshot has that name
/// @param labels labels that the snapshot gets besides those that it has
/// @param keepFor how long the name is to be kept; then it may be pruned
public record Saving(
        String name, WhenTaken taken, Map<String, String> labels, Optional<Duration> keepFor) {
    /// What to do when the name points to a snapshot already.
    public enum WhenTaken {
        /// Fail.
        REFUSE,
        /// Let the name point to the one that is saved.
        MOVE
    }

    /// Copies.
    public Saving {
        labels = Map.copyOf(labels);
    }

    /// Under a name that is free.
    public static Saving as(String name) {
        return new Saving(name, WhenTaken.REFUSE, Map.of(), Optional.empty());
    }
}
