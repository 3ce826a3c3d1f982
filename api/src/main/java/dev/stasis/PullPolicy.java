package dev.stasis;

/// When the registry is asked for an image.
public enum PullPolicy {
    /// Each time, in case the name leads to another image now. What is here already is not fetched
    /// again.
    ALWAYS,
    /// When no image of that name is here.
    IF_MISSING,
    /// Not at all.
    NEVER
}
