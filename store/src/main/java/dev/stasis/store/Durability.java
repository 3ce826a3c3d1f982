package dev.stasis.store;

/// Whether a change must survive the loss of power.
public enum Durability {
    /// Other processes see the change at once; after a loss of power it may be gone, or, where it
    /// replaced something, undone.
    UNSYNCED,
    /// The change is on disk when the call returns.
    SYNCED
}
