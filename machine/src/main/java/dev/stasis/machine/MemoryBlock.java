package dev.stasis.machine;

import dev.stasis.ByteSize;

/// A piece of a machine's memory that is captured as an image of its own.
///
/// @param name {@link #RAM} for what the machine booted with, or the name of a {@link Dimm}
/// @param size how large it is
/// @param address the guest's physical address of its first byte
public record MemoryBlock(String name, ByteSize size, long address) {
    /// What a machine boots with. QEMU's memory map names it so too.
    public static final String RAM = "ram";

    /// What a machine of this size boots with.
    static MemoryBlock ram(ByteSize size) {
        return new MemoryBlock(RAM, size, 0);
    }
}
