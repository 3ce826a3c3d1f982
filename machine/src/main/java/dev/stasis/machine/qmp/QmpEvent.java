package dev.stasis.machine.qmp;

/// Something that QEMU tells unasked.
///
/// @param name such as `MIGRATION`
/// @param data what it says; often empty
public record QmpEvent(String name, QmpObject data) {}
