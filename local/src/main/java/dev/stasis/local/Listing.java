package dev.stasis.local;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.EndCause;
import dev.stasis.ErrorCode;
import dev.stasis.PublishedPort;
import dev.stasis.RetentionSettings;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxState;
import dev.stasis.SizeLimits;
import dev.stasis.SnapshotInfo;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.machine.MachineState;
import dev.stasis.store.Home;
import dev.stasis.store.Retention;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.Setup;
import dev.stasis.store.SnapshotStore;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What there is in a home, in the words of the API.
final class Listing {
    private static final Duration ASK = Duration.ofMillis(500);
    private static final String DISK_FULL =
            "this computer's disk is full: free some space, then resume the sandbox";

    private final Home home;

    Listing(Home home) {
        this.home = home;
    }

    List<SandboxInfo> sandboxes() {
        return home.sandboxes().list().stream().map(r -> sandbox(r, condition(r))).toList();
    }

    /// One sandbox, looked at more closely: its machine is asked whether it really runs.
    SandboxInfo sandbox(Place place) {
        var record = place.record();
        var condition = condition(record);
        return sandbox(
                record,
                condition.state() == SandboxState.RUNNING ? asked(place, condition) : condition);
    }

    /// QEMU lets a machine stand still when there is no space for what it writes.
    private static Condition asked(Place place, Condition running) {
        try {
            var status = Machine.find(place.machineFiles()).map(m -> m.status(ASK));
            return status.filter(s -> s.state() == MachineState.DISK_FULL).isPresent()
                    ? new Condition(SandboxState.PAUSED, Optional.of(DISK_FULL), Optional.empty())
                    : running;
        } catch (StasisException e) {
            return running; // busy with something else
        }
    }

    private SandboxInfo sandbox(SandboxRecord record, Condition condition) {
        var setup = record.setup();
        return new SandboxInfo(
                record.id(),
                record.name(),
                condition.state(),
                condition.reason(),
                condition.cause(),
                setup.image().reference(),
                setup.cpus(),
                setup.memory(),
                limits(setup),
                setup.env(),
                UserNetwork.of(setup),
                ports(record, condition.state()),
                record.created(),
                Accelerator.valueOf(setup.accelerator()),
                record.attached(),
                record.terms().labels(),
                record.terms().lifetime(),
                Optional.ofNullable(record.base()));
    }

    private List<PublishedPort> ports(SandboxRecord record, SandboxState state) {
        return switch (state) {
            case RUNNING, PAUSED -> new Ports(new Place(home, record.name(), record.id())).now();
            case CREATING, STOPPED, ENDED -> List.of();
        };
    }

    private static SizeLimits limits(Setup setup) {
        var most = setup.most();
        return most == null
                ? new SizeLimits(setup.cpus(), setup.memory())
                : new SizeLimits(most.cpus(), most.memory());
    }

    /// What a sandbox is doing, and more about it where there is more to say.
    record Condition(SandboxState state, Optional<String> reason, Optional<EndCause> cause) {
        private Condition(SandboxState state) {
            this(state, Optional.empty(), Optional.empty());
        }
    }

    Condition condition(SandboxRecord record) {
        var reason = Optional.ofNullable(record.endReason());
        var cause = Optional.ofNullable(record.run().endCause());
        return switch (record.state()) {
            case CREATING -> new Condition(SandboxState.CREATING);
            case STOPPED -> new Condition(SandboxState.STOPPED, reason, cause);
            case RUNNING, PAUSED -> ofMachine(record);
        };
    }

    private Condition ofMachine(SandboxRecord record) {
        var place = new Place(home, record.name(), record.id());
        if (!Machine.isAlive(place.machineFiles())) {
            var rewinding = record.run().rewinding();
            if (rewinding != null) {
                var reason = Rewind.interrupted(rewinding);
                return new Condition(SandboxState.STOPPED, Optional.of(reason), Optional.empty());
            }
            return ended(place);
        }
        var state =
                record.state() == SandboxRecord.State.PAUSED
                        ? SandboxState.PAUSED
                        : SandboxState.RUNNING;
        return new Condition(state);
    }

    private static Condition ended(Place place) {
        var cause = place.endCause();
        boolean asPlanned = cause == EndCause.IDLE || cause == EndCause.MAX_DURATION;
        return new Condition(
                asPlanned ? SandboxState.STOPPED : SandboxState.ENDED,
                Optional.of(place.machineEnd()),
                Optional.of(cause));
    }

    /// The named snapshots, once for each name, by name.
    List<SnapshotInfo> named() {
        return home.snapshots().list().stream()
                .flatMap(entry ->
                        entry.names().stream().map(name -> snapshot(entry, Optional.of(name))))
                .sorted(Comparator.comparing(info -> info.name().orElseThrow()))
                .toList();
    }

    /// All snapshots that can be restored, once for each name, the oldest first.
    List<SnapshotInfo> restorable() {
        return home.snapshots().list().stream()
                .flatMap(entry ->
                        entry.names().isEmpty()
                                ? Stream.of(snapshot(entry, Optional.empty()))
                                : entry.names().stream()
                                        .map(name -> snapshot(entry, Optional.of(name))))
                .toList();
    }

    /// Removes names that are not to be kept.
    List<SnapshotInfo> prune(RetentionSettings rules) {
        var act =
                switch (rules.act()) {
                    case REMOVE -> Retention.Act.REMOVE;
                    case SAY -> Retention.Act.SAY;
                };
        var retention =
                new Retention(
                        rules.keepLast(),
                        rules.olderThan(),
                        (entry, name) -> rules.filter().fits(snapshot(entry, Optional.of(name))),
                        act);
        return home.snapshots().prune(retention).stream()
                .map(pruned -> snapshot(pruned.entry(), Optional.of(pruned.name())))
                .toList();
    }

    /// What one snapshot is.
    SnapshotInfo snapshot(String id) {
        home.snapshots().resolve(id);
        var entry =
                home.snapshots().list().stream()
                        .filter(each -> each.manifest().id().equals(id))
                        .findFirst()
                        .orElseThrow(() -> gone(id));
        return snapshot(entry, entry.names().stream().findFirst());
    }

    private static StasisException gone(String id) {
        return new StasisException(
                ErrorCode.SNAPSHOT_NOT_FOUND, "Snapshot " + id + " was removed meanwhile");
    }

    private SnapshotInfo snapshot(SnapshotStore.Entry entry, Optional<String> name) {
        var manifest = entry.manifest();
        var setup = manifest.setup();
        return new SnapshotInfo(
                manifest.id(),
                name,
                manifest.created(),
                manifest.source().name(),
                Optional.ofNullable(manifest.parent()),
                setup.image().reference(),
                setup.cpus(),
                setup.memory(),
                limits(setup),
                new ByteSize(entry.bytesOnDisk() + new FlatCache(home).bytes(manifest.id())),
                entry.labels(),
                name.map(entry.expiries()::get));
    }
}
