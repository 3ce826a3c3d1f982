package dev.stasis.bench;

import java.nio.file.Path;

/// A snapshot of Stasis as QEMU sees it.
///
/// @param subject the guest that it is of
/// @param arguments how QEMU is started for a fork of it
/// @param image its whole memory
/// @param devices the state of its devices
/// @param disk the uppermost layer of its disk
record Original(Subject subject, QemuArguments arguments, Path image, Path devices, Path disk) {}
