package dev.stasis.machine;

import java.nio.file.Path;
import java.util.function.Supplier;

/// What a probe tries KVM with.
///
/// @param qemu the program
/// @param launcher the program that starts QEMU, and ends it with this process
/// @param payload the firmware; it counts, then writes to a port
/// @param files makes folders for a machine
public record ProbeTools(
        Qemu qemu, Path launcher, Path payload, Supplier<? extends TrialFiles> files) {}
