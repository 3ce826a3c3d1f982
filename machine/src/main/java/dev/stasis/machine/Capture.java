package dev.stasis.machine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A machine's whole state at an instant.
///
/// @param devices device and CPU state
/// @param ram its RAM
/// @param frozenDisk the disk layer that the machine wrote until then and will not touch again;
///   null for a machine without a disk
public record Capture(Path devices, RamImage ram, @Nullable Path frozenDisk) {}
