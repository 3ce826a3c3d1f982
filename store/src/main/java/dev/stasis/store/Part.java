package dev.stasis.store;

/// The part of a snapshot that a file belongs to. The two have lives of their own: a sandbox that
/// goes on after its snapshot needs that snapshot's disk layer for ever, its memory never.
public enum Part {
    /// RAM image and device state: what a machine is restored from.
    MEMORY,
    /// The layer of the disk.
    DISK
}
