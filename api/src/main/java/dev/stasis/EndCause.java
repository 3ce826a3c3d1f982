package dev.stasis;

/// Why a sandbox has no machine any more.
public enum EndCause {
    /// {@link Sandbox#stop()}: its processes were asked to end, and the guest switched itself off.
    ASKED,
    /// {@link Sandbox#stop()} found that it could not be asked, or that it did not end in time; or
    /// a person ended its machine.
    KILLED,
    /// Nobody used it for as long as its idle timeout says: see {@link Lifetime#idle()}.
    IDLE,
    /// Its time was over: see {@link Lifetime#longest()}.
    MAX_DURATION,
    /// The process that it was attached to is gone.
    OWNER_GONE,
    /// The guest switched itself off, or its kernel gave up: the log of its console says which.
    POWERED_OFF,
    /// Its machine died: QEMU failed, or this computer's kernel ended it for want of memory, or
    /// this computer was restarted.
    MACHINE_DIED
}
