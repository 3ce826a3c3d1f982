package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.Dimm;
import dev.stasis.machine.MemoryLayout;
import dev.stasis.store.Setup;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the memory of a sandbox's machine consists of, as its set-up's machine facts have it: what
/// it booted with is in `identity`, `dimms` are those that were plugged, and `lastDimm` is the
/// highest number that one ever had in this line of descent. Machines that were made when nothing
/// could be plugged have neither.
///
/// @param layout boot memory and DIMMs
/// @param lastDimm no DIMM gets this number or a lower one any more
record MachineMemory(MemoryLayout layout, int lastDimm) {
    private static final String DIMMS = "dimms";
    private static final String LAST = "lastDimm";

    /// A machine with what it boots with.
    static MachineMemory booted(ByteSize size) {
        return new MachineMemory(new MemoryLayout(size, List.of()), 0);
    }

    /// What a set-up says.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED}
    static MachineMemory of(Setup setup) {
        var facts = setup.machine();
        var dimms = facts.get(DIMMS) instanceof List<?> list ? list : List.of();
        var layout =
                new MemoryLayout(
                        MachinePlan.identity(facts).memory(),
                        dimms.stream().map(MachineMemory::dimm).toList());
        int last = facts.get(LAST) instanceof Number number ? number.intValue() : 0;
        return new MachineMemory(layout, last);
    }

    private static Dimm dimm(Object fact) {
        if (!(fact instanceof Map<?, ?> map)) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, "A machine's memory can't be " + fact);
        }
        return Dimm.fromMap(map);
    }

    /// Takes what was plugged out of a set-up's facts, for a machine that boots.
    static void forget(Map<String, Object> facts) {
        facts.remove(DIMMS);
    }

    /// The same with these DIMMs.
    MachineMemory with(List<Dimm> dimms) {
        int highest = dimms.stream().mapToInt(Dimm::number).max().orElse(0);
        return new MachineMemory(
                new MemoryLayout(layout.ram(), dimms), Math.max(highest, lastDimm));
    }

    /// The same after one more number was given away.
    MachineMemory withLast(int number) {
        return new MachineMemory(layout, number);
    }

    /// The set-up with this memory.
    Setup into(Setup setup) {
        var facts = new HashMap<>(setup.machine());
        facts.put(DIMMS, layout.dimms().stream().map(Dimm::toMap).toList());
        facts.put(LAST, lastDimm);
        return setup.withMachine(facts);
    }
}
