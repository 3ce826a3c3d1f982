package dev.stasis.machine;

/// What a machine is doing, and what QEMU calls it.
///
/// @param state for programs
/// @param detail for people: QEMU's own word, or how the machine ended
public record MachineStatus(MachineState state, String detail) {}
