package dev.stasis.machine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A machine's state at an instant, but for its disk.
///
/// @param devices device and CPU state
/// @param memory every block of its memory, by name
/// @param dimms where those blocks are that were plugged
public record Capture(Path devices, Map<String, RamImage> memory, List<Dimm> dimms) {
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
