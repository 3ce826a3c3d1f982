package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What the memory of a machine consists of.
///
/// @param ram the size of what it booted with
/// @param dimms what was plugged, in the order of their numbers
public record MemoryLayout(ByteSize ram, List<Dimm> dimms) {
    /// Sorts.
    public MemoryLayout {
        dimms = dimms.stream().sorted().toList();
    }

    /// What QEMU really has.
    static MemoryLayout of(QmpClient qmp, Deadline deadline) throws QmpException {
        var summary = qmp.execute("query-memory-size-summary", Map.of(), deadline.left());
        var devices = qmp.execute("query-memory-devices", Map.of(), deadline.left());
        var dimms = new ArrayList<Dimm>();
        for (var device : QmpObject.list(devices)) {
            dimms.add(Dimm.of(device));
        }
        return new MemoryLayout(new ByteSize(QmpObject.of(summary).number("base-memory")), dimms);
    }

    /// Each part that has an image of its own.
    public List<MemoryBlock> blocks() {
        var blocks = new ArrayList<MemoryBlock>();
        blocks.add(MemoryBlock.ram(ram));
        dimms.forEach(dimm -> blocks.add(dimm.block()));
        return blocks;
    }
}
