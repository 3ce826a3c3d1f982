package dev.stasis;

/// Something in a home that is not as it should be.
///
/// @param subject what it is about: a snapshot, a sandbox, a file
/// @param problem what is wrong with it
/// @param outcome what became of it
public record Finding(String subject, String problem, Outcome outcome) {
    /// What became of it, the mildest first.
    public enum Outcome {
        /// It was put right. What killed processes left behind is always removed.
        REPAIRED,
        /// It was found, and can be put right by {@link Stasis#repair()}.
        FOUND,
        /// Something is lost that Stasis can't bring back.
        LOST
    }
}
