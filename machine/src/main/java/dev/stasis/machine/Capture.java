package dev.stasis.machine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A machine's whole state at an instant.
///
/// @param devices device and CPU state
/// @param memory every block of its memory, by name
/// @param dimms where those blocks are that were plugged
/// @param frozenDisk the disk layer that the machine wrote until then and will not touch again;
///   null for a machine without a disk
public record Capture(
        Path devices, Map<String, RamImage> memory, List<Dimm> dimms, @Nullable Path frozenDisk) {
    /// Copies.
    public Capture {
        memory = Map.copyOf(memory);
        dimms = List.copyOf(dimms);
    }

    /// What the machine booted with.
    public RamImage ram() {
        return Objects.requireNonNull(memory.get(MemoryBlock.RAM));
    }
}
