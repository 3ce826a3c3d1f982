package dev.stasis;

/// What a sandbox takes from its computer at the moment of asking, beyond what it shares with its
/// snapshot, its siblings and other programs.
///
/// @param ownMemory host memory that only its machine uses: what the guest wrote since its RAM
///   image, and QEMU's own; 0 when it has no machine
/// @param ownDisk what its own disk layers take on disk
/// @param disk how large the guest's disk is
public record SandboxUsage(ByteSize ownMemory, ByteSize ownDisk, ByteSize disk) {}
