package dev.stasis;

/// What a sandbox is doing.
public enum SandboxState {
    /// It is being made.
    CREATING,
    /// Its machine runs.
    RUNNING,
    /// Its machine stands still, after {@link Sandbox#snapshot()} or {@link Sandbox#pause()}.
    PAUSED,
    /// It was stopped, by {@link Sandbox#stop()} or when its time was over; its disk is kept.
    STOPPED,
    /// Its machine ended by itself; {@link SandboxInfo#reason()} says how.
    ENDED
}
