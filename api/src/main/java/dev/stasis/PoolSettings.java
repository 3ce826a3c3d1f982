package dev.stasis;

/// How a {@link Pool} is filled; made by {@link PoolBuilder}.
///
/// @param atOnce how many clones are made at the same time
/// @param sparedMemory how much of this computer's memory is left free
public record PoolSettings(int atOnce, ByteSize sparedMemory) {}
