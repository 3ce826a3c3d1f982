package dev.stasis.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.Stasis;
import dev.stasis.machine.CaptureRequest;
import dev.stasis.store.Durability;
import dev.stasis.store.Home;
import dev.stasis.store.Ids;
import dev.stasis.store.Part;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.SnapshotManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that takes a snapshot is killed between two of its steps; another one goes on with the
/// sandbox. The steps are made here by hand, up to the one where it ends.
class InterruptedCaptureTest {
    private static final Duration STEP = Duration.ofMinutes(1);
    private static final String DROP_CACHES = "sync; echo 3 > /proc/sys/vm/drop_caches; ";

    @TempDir Path folder;

    @Test
    void killedBeforeItWasPublishedItLeavesTheSandboxAsItWas() throws Exception {
        try (var stasis = Stasis.open(folder.resolve("home"));
                var base = stasis.create("base", s -> s.memory("256M"))) {
            sh(base, "echo before > /root/file");
            var place = place(stasis, base);
            var announced = announce(place, Ids.next());
            place.machine().pause(STEP);
            update(place, announced.withState(SandboxRecord.State.PAUSED));

            base.resume();

            assertThat(sh(base, DROP_CACHES + "cat /root/file")).isEqualTo("before\n");
            assertThat(place.record().layers().capturing()).isNull();
            assertThat(place.folder().resolve(nextDisk(announced))).doesNotExist();
            assertThat(openFiles(place)).noneMatch(file -> file.contains(nextDisk(announced)));
            assertThat(stasis.restorableSnapshots()).isEmpty();
            assertForksAreRight(base);
        }
    }

    @Test
    void killedAfterItWasPublishedTheMachineIsGivenItsNextLayerBeforeItGoesOn() {
        try (var stasis = Stasis.open(folder.resolve("home"));
                var base = stasis.create("base", s -> s.memory("256M"))) {
            sh(base, "echo before > /root/file; sync");
            var place = place(stasis, base);
            String id = Ids.next();
            var announced = announce(place, id);
            publish(place, announced, id);
            update(place, announced.withState(SandboxRecord.State.PAUSED));

            base.resume();
            sh(base, "echo after > /root/file; sync");

            var next = place.folder().resolve(nextDisk(announced));
            assertThat(place.machine().activeDisk(STEP)).isEqualTo(Optional.of(next));
            assertThat(place.record().layers().diskBase()).isEqualTo(id);
            try (var fork = stasis.snapshot(id).restore("fork")) {
                assertThat(sh(fork, DROP_CACHES + "cat /root/file")).isEqualTo("before\n");
            }
            assertThat(sh(base, DROP_CACHES + "cat /root/file")).isEqualTo("after\n");
            assertForksAreRight(base);
        }
    }

    @Test
    void killedAfterItWasPublishedTheSandboxCanAlsoBeStopped() {
        try (var stasis = Stasis.open(folder.resolve("home"));
                var base = stasis.create("base", s -> s.memory("256M"))) {
            sh(base, "echo before > /root/file; sync");
            var place = place(stasis, base);
            String id = Ids.next();
            var announced = announce(place, id);
            publish(place, announced, id);

            base.stop();

            assertThat(base.info().state()).isEqualTo(SandboxState.STOPPED);
            assertThat(place.record().layers().diskBase()).isEqualTo(id);
            try (var fork = stasis.snapshot(id).restore("fork")) {
                assertThat(sh(fork, "cat /root/file")).isEqualTo("before\n");
            }
        }
    }

    private static SandboxRecord announce(Place place, String id) {
        var record = place.record();
        var announced = record.withLayers(record.layers().capturing(id, "disk-" + id + ".qcow2"));
        update(place, announced);
        var current = place.folder().resolve(Objects.requireNonNull(record.layers().disk()));
        DiskOverlays.create(
                place.folder().resolve(nextDisk(announced)),
                place.home().snapshotFolder(id).resolve(SnapshotFiles.DISK),
                DiskOverlays.virtualSize(current));
        var machine = place.machine();
        machine.openOverlay(
                place.folder().resolve(nextDisk(announced)), machine.layersBelow(STEP) + 1, STEP);
        return announced;
    }

    /// All steps up to the publication; the machine still writes the layer that is the snapshot's
    /// now.
    private static void publish(Place place, SandboxRecord announced, String id) {
        new GuestControl(place).freeze();
        try (var before = CaptureBase.of(place.home(), announced.layers());
                var staging = place.home().snapshots().begin(id)) {
            var devices = staging.file(SnapshotFiles.DEVICES, Part.MEMORY);
            var ram = Objects.requireNonNull(devices.getParent());
            place.machine().capture(new CaptureRequest(devices, ram, before.memory()), STEP);
            staging.file("ram.delta", Part.MEMORY);
            staging.adopt(
                    place.folder().resolve(Objects.requireNonNull(announced.layers().disk())),
                    SnapshotFiles.DISK,
                    Part.DISK);
            staging.publish(SnapshotManifest.of(id, announced).withMemoryBase(before.snapshot()));
        }
    }

    private static void assertForksAreRight(Sandbox base) {
        sh(base, "echo once more > /root/more");
        try (var fork = base.snapshot().restore("last")) {
            assertThat(sh(fork, DROP_CACHES + "cat /root/more")).isEqualTo("once more\n");
        }
    }

    private static List<String> openFiles(Place place) throws IOException {
        var open = new ArrayList<String>();
        var folder = Path.of("/proc/" + place.machine().pid() + "/fd");
        try (var links = Files.newDirectoryStream(folder)) {
            for (var link : links) {
                try {
                    open.add(Files.readSymbolicLink(link).toString());
                } catch (NoSuchFileException e) {
                    // QEMU has closed it in between, such as a connection that has ended.
                }
            }
        }
        return open;
    }

    private static String nextDisk(SandboxRecord announced) {
        return Objects.requireNonNull(announced.layers().nextDisk());
    }

    private static Place place(Stasis stasis, Sandbox sandbox) {
        return new Place(Home.open(stasis.home()), sandbox.name(), sandbox.id());
    }

    private static void update(Place place, SandboxRecord record) {
        place.home().sandboxes().update(record, Durability.UNSYNCED);
    }

    private static String sh(Sandbox sandbox, String script) {
        return sandbox.exec("sh", "-c", script).orThrow().stdout();
    }
}
