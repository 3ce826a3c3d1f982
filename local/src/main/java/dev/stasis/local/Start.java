package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.guest.GuestSizing;
import dev.stasis.machine.Machine;
import dev.stasis.store.Durability;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.Setup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Starts one sandbox that has no machine: boots it from its disk.
///
/// The new machine ends with this process until the record says that it runs, so a process that is
/// killed leaves a sandbox without a machine, as it was.
final class Start {
    private final Place place;
    private final Tools tools;
    private final @Nullable Keeper keeper;

    /// @param keeper ties the sandbox to this process; null if it is detached or somebody else's
    Start(Place place, Tools tools, @Nullable Keeper keeper) {
        this.place = place;
        this.tools = tools;
        this.keeper = keeper;
    }

    void start() {
        try (var _ = place.lock("start")) {
            var power = new Power(place);
            var found =
                    power.requireState(
                            "start a machine",
                            SandboxState.RUNNING,
                            SandboxState.STOPPED,
                            SandboxState.ENDED);
            if (Machine.isAlive(place.machineFiles())) {
                return;
            }
            requireOwn(found);
            var stopped = settled(found);
            Booting.run(atMost -> begin(stopped, atMost));
            place.home().snapshots().collect();
        }
    }

    private void requireOwn(SandboxRecord record) {
        if (record.attached() && keeper == null) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox %s can't be started here: it is attached to the process that made it, which alone can do that"
                            .formatted(place.name()));
        }
        if (record.layers().disk() == null) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "Sandbox %s can't be started: its record names no disk; restore a snapshot of it"
                            .formatted(place.name()));
        }
    }

    /// The record, as `stop` would have left it.
    private SandboxRecord settled(SandboxRecord record) {
        var settled = new InterruptedCapture(place).settle(record);
        if (record.state() == SandboxRecord.State.STOPPED) {
            return settled;
        }
        Removal.of(place).endMachine();
        var stopped = settled.stopped(place.machineEnd(), place.endCause());
        update(stopped);
        return stopped;
    }

    private void begin(SandboxRecord stopped, Duration atMost) {
        var setup = stopped.setup();
        UserNetwork.require(setup);
        var plan = MachinePlan.again(place, tools, setup);
        var disk = String.valueOf(stopped.layers().disk());
        place.home().runtime().create(place.id());
        var undo = new ArrayList<Runnable>();
        undo.add(() -> Removal.of(place).endMachine());
        try {
            var machine = Machine.boot(plan.spec(disk, beneath(stopped)), atMost);
            undo.add(machine::close);
            var started = stopped.started(plan.known());
            introduce(machine, started, atMost);
        } catch (StasisException e) {
            var explained = new Power(place).explained(e);
            Closing.after(explained, undo.reversed());
            update(stopped);
            throw explained;
        } catch (RuntimeException | Error e) {
            Closing.after(e, undo.reversed());
            update(stopped);
            throw e;
        }
    }

    private List<Path> beneath(SandboxRecord record) {
        var base = record.layers().diskBase();
        return base == null ? List.of() : SnapshotFiles.disks(place.home(), base);
    }

    private void introduce(Machine machine, SandboxRecord started, Duration atMost) {
        var guest = new GuestControl(place);
        try (var agent = guest.connect(atMost)) {
            new GuestSizing(agent).useCpus(started.setup().cpus());
            guest.begin(agent, started);
        }
        Setup published = Ports.in(started.setup(), new Ports(place).now());
        update(started.withSetup(published));
        Keeper.limit(machine, place, started);
        if (keeper == null || !keeper.takeOver(machine)) {
            machine.detach();
            machine.close();
        }
    }

    private void update(SandboxRecord record) {
        place.home().sandboxes().update(record, Durability.UNSYNCED);
    }
}
