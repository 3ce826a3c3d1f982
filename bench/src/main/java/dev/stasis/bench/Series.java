package dev.stasis.bench;

/// What values are of.
record Series(Metric metric, Arm arm, Subject subject) {
    /// One of the guest that the ratios are of.
    static Series of(Metric metric, Arm arm) {
        return new Series(metric, arm, Subject.MAIN);
    }
}
