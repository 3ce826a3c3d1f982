package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.store.Durability;
import dev.stasis.store.Ids;
import dev.stasis.store.Layers;
import dev.stasis.store.SandboxRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Puts one sandbox back to a snapshot of its line.
///
/// All that can be checked is checked first, and the state that is left is kept if that was asked
/// for. Then: a new disk layer is made on the snapshot's; the record says that the sandbox is being
/// rewound; its machine is ended; the record says that it has none; a new machine is started, which
/// ends with this process; the record says what it is; the machine is left on its own if the
/// sandbox is detached; the record no longer says that it is being rewound. So a process that is
/// killed leaves the old machine, the new one, or none and a record that says why. The snapshot is
/// pinned all the while. A layer that no record names is deleted by whoever comes next.
final class Rewind {
    private static final Duration RESTORE = Duration.ofMinutes(1);

    private final Place place;
    private final Tools tools;
    private final @Nullable Keeper keeper;

    /// @param keeper ties the sandbox to this process; null if it is detached or somebody else's
    Rewind(Place place, Tools tools, @Nullable Keeper keeper) {
        this.place = place;
        this.tools = tools;
        this.keeper = keeper;
    }

    /// Where it goes.
    private record Target(String id, MachinePlan plan, SnapshotFiles files, SandboxRecord then) {}

    /// Rewinds.
    ///
    /// @param snapshot the snapshot
    /// @param keep the name under which the state that it leaves is kept; null = it is lost
    /// @return the id of the snapshot with that name
    @Nullable String to(String snapshot, @Nullable String keep) {
        var snapshots = place.home().snapshots();
        if (keep != null) {
            snapshots.requireFree(keep);
        }
        try (var _ = place.lock("rewind");
                var _ = snapshots.pin(snapshot).orElse(null)) {
            var record = new InterruptedCapture(place).settle(possible(keep));
            new Line(place.home(), record).require(snapshot);
            var target = target(record, snapshot);
            DiskOverlays.deleteUnused(place.folder(), record.layers());
            var kept = keep == null ? null : keep(record, keep);
            exchange(place.record(), target);
            snapshots.collect();
            return kept;
        }
    }

    private SandboxRecord possible(@Nullable String keep) {
        var power = new Power(place);
        var record =
                power.requireState(
                        "rewind",
                        SandboxState.RUNNING,
                        SandboxState.PAUSED,
                        SandboxState.STOPPED,
                        SandboxState.ENDED);
        if (keep != null && !Machine.isAlive(place.machineFiles())) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "The state of sandbox %s can't be kept as '%s': it has no machine; rewind it without keeping"
                            .formatted(place.name(), keep));
        }
        if (record.attached() && keeper == null) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox %s can't be rewound here: it is attached to the process that made it, which alone can do that; detach it there, or rewind it there"
                            .formatted(place.name()));
        }
        return record;
    }

    /// The sandbox keeps its environment and its ports, as it keeps its name; the machine is the
    /// snapshot's.
    private Target target(SandboxRecord record, String snapshot) {
        var files = SnapshotFiles.verified(place.home(), snapshot);
        var setup =
                Ports.in(
                        files.manifest().setup().withEnv(record.setup().env()),
                        Ports.of(record.setup()));
        UserNetwork.require(setup);
        var plan = MachinePlan.restored(place, tools, snapshot, setup);
        var layers = Layers.restored(snapshot, "disk-" + Ids.next() + ".qcow2");
        var then = record.rewound(setup.withMachine(plan.facts()), layers);
        return new Target(snapshot, plan, files, then);
    }

    private String keep(SandboxRecord record, String name) {
        var snapshots = place.home().snapshots();
        var id = new SnapshotTaker(place).takeLocked(record);
        try {
            snapshots.saveNamed(id, name);
            return id;
        } catch (RuntimeException | Error e) {
            Closing.after(
                    e,
                    List.of(
                            () -> snapshots.close(id),
                            () -> {
                                if (record.state() == SandboxRecord.State.RUNNING) {
                                    new Power(place).goOn(place.record());
                                }
                            }));
            throw e;
        }
    }

    private void exchange(SandboxRecord record, Target target) {
        var stopped = record.stopped(interrupted(target.id), null).rewinding(target.id);
        try {
            DiskOverlays.create(disk(target), target.files.disks().getFirst());
            update(record.rewinding(target.id));
            Removal.of(place).endMachine();
        } catch (RuntimeException | Error e) {
            Closing.after(e, List.of(() -> settle(record, stopped)));
            throw e;
        }
        try {
            update(stopped);
            begin(target);
        } catch (StasisException e) {
            var explained = new Power(place).explained(e);
            Closing.after(explained, List.of(() -> giveUp(stopped, target, explained)));
            throw explained;
        } catch (RuntimeException | Error e) {
            Closing.after(e, List.of(() -> giveUp(stopped, target, e)));
            throw e;
        }
        DiskOverlays.deleteUnused(place.folder(), target.then.layers());
    }

    /// Starts the machine, and goes on without a way back once it runs and the record says so.
    private void begin(Target target) {
        place.home().runtime().create(place.id());
        var disk = String.valueOf(disk(target).getFileName());
        var machine =
                Machine.restore(
                        target.plan.spec(disk, target.files.disks()),
                        target.files.memory(),
                        target.files.devices(),
                        RESTORE);
        try {
            machine.resume(RESTORE);
            var guest = new GuestControl(place);
            try (var agent = guest.introduce(target.then, RESTORE)) {
                guest.becomeFork(agent);
            }
            update(target.then.rewinding(target.id));
            Keeper.limit(machine, place, target.then);
            if (keeper == null || !keeper.takeOver(machine)) {
                machine.detach();
                machine.close();
            }
            update(target.then);
        } catch (RuntimeException | Error e) {
            Closing.after(e, List.of(machine::close));
            throw e;
        }
    }

    private void giveUp(SandboxRecord stopped, Target target, Throwable failure) {
        Removal.of(place).endMachine();
        var reason =
                "its rewind to snapshot %s failed: %s; rewind it again, or to another one"
                        .formatted(target.id, failure.getMessage());
        update(stopped.stopped(reason, null));
        DiskOverlays.deleteUnused(place.folder(), stopped.layers());
    }

    /// Nothing was done to a machine that still lives.
    private void settle(SandboxRecord record, SandboxRecord stopped) {
        update(Machine.isAlive(place.machineFiles()) ? record : stopped);
        DiskOverlays.deleteUnused(place.folder(), record.layers());
    }

    /// Why a sandbox has no machine that was being rewound when its process was killed.
    static String interrupted(@Nullable String snapshot) {
        return "its rewind to snapshot "
                + snapshot
                + " has not ended: if nobody is rewinding it, rewind it again";
    }

    private Path disk(Target target) {
        return place.folder().resolve(Objects.requireNonNull(target.then.layers().disk()));
    }

    private void update(SandboxRecord record) {
        place.home().sandboxes().update(record, Durability.UNSYNCED);
    }
}
