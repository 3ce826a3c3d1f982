package dev.stasis.machine;

import java.nio.file.Path;

/// What a fresh machine starts with.
public sealed interface Boot {
    /// A Linux kernel.
    ///
    /// @param kernel uncompressed, with a PVH entry
    /// @param initrd its first root file system
    /// @param commandLine given to the kernel as it is
    record Kernel(Path kernel, Path initrd, String commandLine) implements Boot {}

    /// A firmware image in place of the usual one.
    ///
    /// @param image 64 KiB or a multiple of it
    record Firmware(Path image) implements Boot {}
}
