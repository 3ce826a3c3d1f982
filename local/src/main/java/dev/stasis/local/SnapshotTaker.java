package dev.stasis.local;

import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.machine.Capture;
import dev.stasis.machine.CaptureRequest;
import dev.stasis.machine.Machine;
import dev.stasis.machine.OpenOverlay;
import dev.stasis.machine.RamImage;
import dev.stasis.store.Durability;
import dev.stasis.store.Ids;
import dev.stasis.store.Part;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.SandboxRecord.State;
import dev.stasis.store.SnapshotManifest;
import dev.stasis.store.Staging;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Takes a snapshot of one sandbox: see {@link InterruptedCapture} for the order, and why it can be
/// interrupted anywhere.
final class SnapshotTaker {
    private static final Duration RESUME = Duration.ofSeconds(30);
    private static final Duration CAPTURE = Duration.ofMinutes(10);

    private final Place place;
    private final GuestControl guest;

    SnapshotTaker(Place place) {
        this.place = place;
        this.guest = new GuestControl(place);
    }

    /// Takes it.
    ///
    /// @return its id; the sandbox is paused then
    String take() {
        try (var _ = place.lock("snapshot")) {
            var power = new Power(place);
            var record =
                    power.requireState(
                            "take a snapshot", SandboxState.RUNNING, SandboxState.PAUSED);
            try {
                return takeLocked(new InterruptedCapture(place).settle(record));
            } catch (StasisException e) {
                throw power.explained(e);
            }
        }
    }

    /// Takes it and lets the sandbox go on, if it ran.
    ///
    /// @return its id
    String takeLive() {
        try (var _ = place.lock("checkpoint")) {
            var power = new Power(place);
            var record =
                    power.requireState(
                            "take a checkpoint", SandboxState.RUNNING, SandboxState.PAUSED);
            try {
                return takeLocked(new InterruptedCapture(place).settle(record), Then.GO_ON);
            } catch (StasisException e) {
                throw power.explained(e);
            }
        }
    }

    /// What becomes of a sandbox that ran.
    private enum Then {
        STAY_PAUSED,
        GO_ON
    }

    /// Takes it while the caller holds the sandbox's lock.
    ///
    /// @param record the sandbox's record, settled
    String takeLocked(SandboxRecord record) {
        return takeLocked(record, Then.STAY_PAUSED);
    }

    private String takeLocked(SandboxRecord record, Then then) {
        String id = Ids.next();
        var layers = CaptureBase.fewer(place.home(), record.layers());
        var announced = record.withLayers(layers.capturing(id, "disk-" + id + ".qcow2"));
        update(announced);
        try (var machine = place.machine()) {
            int below = new OpenLayers(place, machine).shortened(announced.layers());
            machine.hold(CAPTURE);
            take(machine, announced, below, then);
        } catch (RuntimeException | Error e) {
            Closing.after(e, List.of(() -> takeBack(record)));
            throw e;
        }
        return id;
    }

    /// @param below how many disk layers lie below the one that the machine writes to
    private void take(Machine machine, SandboxRecord announced, int below, Then then) {
        var id = Objects.requireNonNull(announced.layers().capturing());
        boolean runs = announced.state() == State.RUNNING;
        try (var freezing = runs ? guest.freezing() : null;
                var before = CaptureBase.of(place.home(), announced.layers());
                var staging = place.home().snapshots().begin(id)) {
            var overlay = openOverlay(machine, announced, below + 1);
            var standstill = new Standstill(place.name(), freezing);
            var published = capture(machine, announced, before, staging, standstill);
            machine.useOverlay(overlay, CAPTURE);
            var interrupted = new InterruptedCapture(place);
            if (freezing != null && then == Then.GO_ON) {
                machine.resume(RESUME);
                freezing.goOn();
                standstill.end();
                interrupted.finish(announced, published);
            } else {
                interrupted.finish(announced.withState(State.PAUSED), published);
                standstill.end();
            }
        }
    }

    /// The time in which the users' processes stand still.
    private static final class Standstill {
        private final String sandbox;
        private final GuestControl.@Nullable Freezing freezing;
        private Runnable couldGoOn = () -> {};

        Standstill(String sandbox, GuestControl.@Nullable Freezing freezing) {
            this.sandbox = sandbox;
            this.freezing = freezing;
        }

        /// The disk is flushed while the machine's memory is looked at.
        void awaitFlushed() {
            if (freezing != null) {
                freezing.awaitFlushed();
            }
        }

        void begin() {
            couldGoOn = Marks.standstill(sandbox);
            if (freezing != null) {
                freezing.freeze();
            }
        }

        void end() {
            couldGoOn.run();
        }
    }

    /// @param below how many layers there will be below it
    private OpenOverlay openOverlay(Machine machine, SandboxRecord announced, int below) {
        var id = Objects.requireNonNull(announced.layers().capturing());
        var next = nextDisk(announced);
        DiskOverlays.create(
                next,
                place.home().snapshotFolder(id).resolve(SnapshotFiles.DISK),
                DiskOverlays.virtualSize(currentDisk(announced)));
        return machine.openOverlay(next, below, CAPTURE);
    }

    /// @return what was published
    private SnapshotManifest capture(
            Machine machine,
            SandboxRecord announced,
            CaptureBase before,
            Staging staging,
            Standstill standstill) {
        var devices = staging.file(SnapshotFiles.DEVICES, Part.MEMORY);
        var request = new CaptureRequest(devices, parent(devices), before.memory());
        var draft = withoutTemplate(SnapshotManifest.of(staging.id(), announced));
        var noted = new NotedWrites(place);
        try (var ahead =
                machine.captureAhead(request, noted.takeSince(before.snapshot()), CAPTURE)) {
            standstill.awaitFlushed();
            var captured = machine.capture(request, ahead, standstill::begin, CAPTURE);
            captured.memory()
                    .forEach((block, image) -> staging.file(name(block, image), Part.MEMORY));
            staging.adopt(currentDisk(announced), SnapshotFiles.DISK, Part.DISK);
            var published = staging.publish(completed(draft, captured, before));
            noted.keepSince(staging.id(), ahead.tracked());
            return published;
        }
    }

    /// A template is no part of a sandbox's history.
    private SnapshotManifest withoutTemplate(SnapshotManifest manifest) {
        var parent = Optional.ofNullable(manifest.parent());
        return parent.flatMap(place.home().snapshots()::find)
                        .filter(SnapshotManifest::isTemplate)
                        .isPresent()
                ? manifest.withoutParent()
                : manifest;
    }

    private static String name(String block, RamImage image) {
        return switch (image) {
            case RamImage.Flat _ -> RamImage.Flat.nameOf(block);
            case RamImage.Delta _ -> RamImage.Delta.nameOf(block);
        };
    }

    /// What memory the machine has is what QEMU said, whatever a process that was killed has
    /// recorded.
    private static SnapshotManifest completed(
            SnapshotManifest draft, Capture captured, CaptureBase before) {
        var memory = MachineMemory.of(draft.setup()).with(captured.dimms());
        var manifest = draft.withSetup(memory.into(draft.setup()));
        return captured.memory().values().stream().anyMatch(RamImage.Delta.class::isInstance)
                ? manifest.withMemoryBase(before.snapshot())
                : manifest.withoutMemoryBase();
    }

    /// Brings the sandbox to where it was: running if it ran, with its old layers unless the
    /// snapshot was published.
    private void takeBack(SandboxRecord before) {
        var settled = new InterruptedCapture(place).settle(place.record());
        if (before.state() == State.RUNNING) {
            place.machine().resume(RESUME);
            guest.goOn();
        }
        update(settled.withState(before.state()));
    }

    private Path currentDisk(SandboxRecord record) {
        return place.folder().resolve(Objects.requireNonNull(record.layers().disk()));
    }

    private Path nextDisk(SandboxRecord record) {
        return place.folder().resolve(Objects.requireNonNull(record.layers().nextDisk()));
    }

    private static Path parent(Path file) {
        return Objects.requireNonNull(file.getParent());
    }

    private void update(SandboxRecord record) {
        place.home().sandboxes().update(record, Durability.UNSYNCED);
    }
}
