package dev.stasis.local;

import jdk.jfr.FlightRecorder;

/// Marks of the flight recorder. The class of an event is loaded only when somebody records:
/// loading it takes longer than what it would tell of.
final class Marks {
    private Marks() {}

    /// Begins to measure a restore.
    ///
    /// @return to be run when the CPUs of the new sandbox run
    static Runnable restore(String sandbox) {
        return FlightRecorder.isInitialized() ? RestoreEvent.begun(sandbox) : () -> {};
    }

    /// Begins to measure how long a sandbox stands still for a snapshot.
    ///
    /// @return to be run when it could go on
    static Runnable standstill(String sandbox) {
        return FlightRecorder.isInitialized() ? StandstillEvent.begun(sandbox) : () -> {};
    }
}
