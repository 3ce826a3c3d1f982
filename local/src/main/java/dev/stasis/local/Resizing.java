package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.AgentConnection;
import dev.stasis.guest.GuestSize;
import dev.stasis.guest.GuestSizing;
import dev.stasis.machine.Dimm;
import dev.stasis.machine.MemoryPlug;
import dev.stasis.store.Setup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Gives a running guest other CPUs and memory.
///
/// CPUs are there from the start; the agent takes them into use or out of it. Memory is raised by
/// blocks that are there and not in use, and then by plugging DIMMs. The guest needs some of what
/// it has to describe what it gets, so a DIMM is not larger than {@link #GROWTH} times what there
/// is; one that the guest can't take is tried again at half the size. Memory is lowered by taking
/// blocks out of use, wherever the guest can free them; DIMMs that are not in use then are
/// unplugged, which gives their memory back to this computer.
final class Resizing {
    private static final System.Logger LOG = System.getLogger(Resizing.class.getName());
    private static final Duration STEP = Duration.ofSeconds(30);
    private static final int GROWTH = 3;

    /// What a guest needs beyond what its processes use when memory is taken away.
    private static final ByteSize RESERVE = ByteSize.ofMebibytes(48);

    private final Place place;
    private final GuestSizing guest;
    private final Consumer<Setup> remember;
    private Setup setup;

    /// @param setup what the sandbox is
    /// @param remember told what it has become, whenever that changes
    Resizing(Place place, AgentConnection agent, Setup setup, Consumer<Setup> remember) {
        this.place = place;
        this.guest = new GuestSizing(agent);
        this.setup = setup;
        this.remember = remember;
    }

    /// Changes what differs from the set-up.
    ///
    /// @return what it is then; a memory that could not be achieved was told of
    /// @throws StasisException with {@link ErrorCode#MEMORY_IN_USE}, before anything has changed
    Setup become(WantedSize wanted) {
        boolean memory = !wanted.memory().equals(setup.memory());
        var now = memory ? guest.size() : null;
        if (now != null) {
            requireFree(now, wanted.memory());
        }
        if (wanted.cpus() != setup.cpus()) {
            useCpus(wanted.cpus());
        }
        if (now != null) {
            useMemory(now, wanted.memory());
        }
        return setup;
    }

    private void useCpus(int cpus) {
        guest.useCpus(cpus);
        int running = guest.size().cpus();
        if (running != cpus) {
            throw new StasisException(
                    ErrorCode.AGENT_FAILED,
                    "Sandbox %s was told to use %d CPUs and uses %d: see %s"
                            .formatted(
                                    place.name(),
                                    cpus,
                                    running,
                                    place.machineFiles().consoleLog()));
        }
        changed(setup.withSize(cpus, setup.memory()));
    }

    private void requireFree(GuestSize now, ByteSize wanted) {
        long needed = now.memory().bytes() - now.available().bytes() + RESERVE.bytes();
        long target = inBlocks(now, wanted);
        if (target < now.memory().bytes() && target < needed) {
            throw new StasisException(
                    ErrorCode.MEMORY_IN_USE,
                    "Sandbox %s can't do with %s: %s of its %s are in use; end processes or remove files in memory first, or ask for more"
                            .formatted(
                                    place.name(),
                                    wanted,
                                    ByteSize.ofMebibytes((needed - RESERVE.bytes()) >> 20),
                                    setup.memory()));
        }
    }

    private void useMemory(GuestSize now, ByteSize wanted) {
        if (inBlocks(now, wanted) > now.memory().bytes()) {
            raise(now, wanted);
        } else {
            guest.useMemory(new ByteSize(inBlocks(now, wanted)), STEP);
            unplugUnused();
        }
        var after = guest.size();
        var achieved =
                new ByteSize(after.memory().bytes() - (inBlocks(after, wanted) - wanted.bytes()));
        changed(setup.withSize(setup.cpus(), achieved));
        if (Math.abs(achieved.bytes() - wanted.bytes()) >= after.block().bytes()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Sandbox {0} was to have {1} of memory and has {2}: the guest could not {3} more",
                    place.name(),
                    wanted,
                    achieved,
                    achieved.compareTo(wanted) < 0 ? "take" : "give back");
        }
    }

    private void raise(GuestSize before, ByteSize wanted) {
        var now = before;
        var target = new ByteSize(inBlocks(now, wanted));
        long most = Long.MAX_VALUE;
        while (true) {
            guest.useMemory(target, STEP);
            now = guest.size();
            long missing = target.bytes() - now.memory().bytes();
            if (missing <= 0) {
                return;
            }
            long block = now.block().bytes();
            long size = Math.ceilDiv(missing, block) * block;
            size = Math.min(size, Math.min(GROWTH * now.memory().bytes(), room() / block * block));
            size = Math.min(size, most);
            if (size < block) {
                return;
            }
            if (!plug(new ByteSize(size))) {
                most = size / 2 / block * block;
            }
        }
    }

    /// How much more can be plugged.
    private long room() {
        var limit = MachinePlan.identity(setup.machine()).memoryLimit().bytes();
        var layout = MachineMemory.of(setup).layout();
        return limit - layout.blocks().stream().mapToLong(block -> block.size().bytes()).sum();
    }

    private boolean plug(ByteSize size) {
        var memory = MachineMemory.of(setup);
        int number = memory.lastDimm() + 1;
        changed(memory.withLast(number).into(setup));
        var plugged = new MemoryPlug(place.machine()).plug(number, size, STEP);
        plugged.ifPresent(dimm -> {
            var dimms = new ArrayList<>(memory.layout().dimms());
            dimms.add(dimm);
            changed(memory.with(dimms).into(setup));
        });
        return plugged.isPresent();
    }

    private void unplugUnused() {
        for (var dimm : List.copyOf(MachineMemory.of(setup).layout().dimms())) {
            if (guest.size(dimm.address(), dimm.size()).inRange().bytes() == 0 && unplug(dimm)) {
                var memory = MachineMemory.of(setup);
                var dimms = new ArrayList<>(memory.layout().dimms());
                dimms.remove(dimm);
                changed(memory.with(dimms).into(setup));
            }
        }
    }

    /// A guest that keeps a DIMM, though it does not use it, does no harm.
    private boolean unplug(Dimm dimm) {
        try {
            return new MemoryPlug(place.machine()).unplug(dimm, STEP);
        } catch (StasisException e) {
            if (e.code() != ErrorCode.DEADLINE_EXCEEDED) {
                throw e;
            }
            LOG.log(System.Logger.Level.INFO, "memory stays plugged", e);
            return false;
        }
    }

    /// The guest counts whole blocks, and the last one of its boot memory may be none.
    private long inBlocks(GuestSize now, ByteSize size) {
        long boot = MachineMemory.of(setup).layout().ram().bytes();
        long block = now.block().bytes();
        return size.bytes() + Math.ceilDiv(boot, block) * block - boot;
    }

    private void changed(Setup to) {
        setup = to;
        remember.accept(to);
    }
}
