package dev.stasis;

/// What a sandbox and its forks can be resized to at most. Fixed when the sandbox is created.
///
/// @param cpus as many CPUs
/// @param memory as much memory
public record SizeLimits(int cpus, ByteSize memory) {}
