package dev.stasis.machine;

import static dev.stasis.machine.Payload.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineDiskTest {
    private static final ByteSize SIZE = ByteSize.parse("1G");

    @TempDir Path folder;
    private Payload payload;
    private Path disk;
    private Path root;

    @BeforeEach
    void prepare() throws IOException {
        payload = new Payload(folder, Accelerator.TCG);
        var blank = folder.resolve("blank.qcow2");
        TestTools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", "" + blank, "1G"));
        disk = overlay("disk, with a comma.qcow2", blank);
        root = Files.write(folder.resolve("root.img"), new byte[1 << 20]);
    }

    @AfterEach
    void nothingIsLeft() {
        payload.close();
    }

    @Test
    void aCaptureLeavesTheDiskToOthersAndTheMachineWritesToTheNewLayer() throws Exception {
        var source = boot();
        Payload.awaitCountAbove(source, 0); // a payload that was restored earlier has no code
        assertThat(source.activeDisk(LONG)).contains(disk);
        var layer = overlay("disk-1.qcow2", disk);

        var capture = source.capture(payload.firstRequest(), LONG);
        source.useOverlay(source.openOverlay(layer, 1, LONG), LONG);

        assertThat(source.activeDisk(LONG)).contains(layer);
        assertThat(isFrozen(disk)).isTrue();
        assertThat(isFrozen(layer)).isFalse();

        var own = overlay("fork.qcow2", disk);
        var spec = payload.spec(payload.newFiles()).root(root).disk(own).build();
        var fork = payload.keep(Machine.restore(spec, capture.memory(), capture.devices(), LONG));
        fork.resume(LONG);
        source.resume(LONG);
        assertThat(fork.activeDisk(LONG)).contains(own);
        Payload.awaitCountAbove(fork, Payload.count(capture.ram()));
    }

    @Test
    void layersCanBeAddedAgainAndAgainWhileTheMachineRuns() throws Exception {
        var machine = boot();
        var present = disk;
        for (int i = 1; i <= 4; i++) {
            var layer = overlay("disk-" + i + ".qcow2", present);
            var opened = machine.openOverlay(layer, i, LONG);
            assertThat(machine.activeDisk(LONG)).contains(present);
            machine.useOverlay(opened, LONG);
            assertThat(machine.activeDisk(LONG)).contains(layer);
            assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
            present = layer;
            assertThat(machine.layersBelow(LONG)).isEqualTo(i);
        }
    }

    @Test
    void theLayersBelowCanBeReplacedByFewerThatHoldTheSame() throws Exception {
        var machine = boot();
        var present = disk;
        for (int i = 1; i <= 5; i++) {
            var layer = overlay("disk-" + i + ".qcow2", present);
            machine.useOverlay(machine.openOverlay(layer, i, LONG), LONG);
            present = layer;
        }
        var before = openLayers(machine);
        assertThat(before).contains("disk-3.qcow2", "disk-5.qcow2");

        fails(() -> machine.replaceLayersBelow(List.of(folder.resolve("none.qcow2")), LONG))
                .withMessageContaining("none.qcow2");
        assertThat(openLayers(machine)).isEqualTo(before);

        var folded = overlay("folded.qcow2", disk);
        assertThat(machine.replaceLayersBelow(List.of(folded, disk), LONG)).isEqualTo(5);
        assertThat(openLayers(machine))
                .contains("disk-5.qcow2", "folded.qcow2", disk.getFileName().toString())
                .doesNotContain("disk-1.qcow2", "disk-3.qcow2", "disk-4.qcow2");
        assertThat(machine.activeDisk(LONG)).contains(present);
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);

        var next = overlay("disk-6.qcow2", present);
        machine.useOverlay(machine.openOverlay(next, 3, LONG), LONG);
        assertThat(machine.layersBelow(LONG)).isEqualTo(3);
        assertThat(machine.replaceLayersBelow(List.of(present, folded, disk), LONG)).isEqualTo(3);
        assertThat(machine.activeDisk(LONG)).contains(next);
    }

    /// The qcow2 files that QEMU has open.
    private static Set<String> openLayers(Machine machine) throws IOException {
        var open = new TreeSet<String>();
        try (var links = Files.newDirectoryStream(Path.of("/proc/" + machine.pid() + "/fd"))) {
            for (var link : links) {
                var name = target(link);
                if (name.endsWith(".qcow2")) {
                    open.add(name);
                }
            }
        }
        return open;
    }

    private static String target(Path link) throws IOException {
        try {
            return String.valueOf(Files.readSymbolicLink(link).getFileName());
        } catch (NoSuchFileException e) {
            return ""; // such as the connection of a monitor that was left just now
        }
    }

    @Test
    void aLayerThatWasOpenedIsFoundOpenAndCanBeClosed() throws Exception {
        var machine = boot();
        var layer = overlay("disk-1.qcow2", disk);
        var opened = machine.openOverlay(layer, 1, LONG);
        assertThat(machine.openOverlay(layer, 1, LONG)).isEqualTo(opened);
        machine.closeOverlay(layer, LONG);
        machine.closeOverlay(layer, LONG);
        fails(() -> machine.useOverlay(opened, LONG)).withMessageContaining(opened.node());
        assertThat(machine.activeDisk(LONG)).contains(disk);
        machine.useOverlay(machine.openOverlay(layer, 1, LONG), LONG);
        machine.closeOverlay(layer, LONG);
        assertThat(machine.activeDisk(LONG)).contains(layer);
    }

    @Test
    void aLayerThatIsMissingChangesNothing() throws Exception {
        var machine = boot();
        fails(() -> machine.openOverlay(folder.resolve("none.qcow2"), 1, LONG))
                .withMessageContaining("none.qcow2");
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
        assertThat(machine.activeDisk(LONG)).contains(disk);
        machine.useOverlay(machine.openOverlay(overlay("disk-1.qcow2", disk), 1, LONG), LONG);
    }

    @Test
    void aLayerInUseByAnotherMachineIsRefused() throws Exception {
        boot();
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(this::boot)
                .matches(e -> e.code() == ErrorCode.MACHINE_FAILED)
                .withMessageContaining("lock");
    }

    @Test
    void aMachineWithoutADiskHasNone() throws Exception {
        var machine = payload.boot();
        assertThat(machine.activeDisk(LONG)).isEmpty();
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> machine.openOverlay(disk, 1, LONG))
                .withMessageContaining("has no disk");
    }

    private Machine boot() throws IOException {
        return payload.boot(payload.spec(payload.newFiles()).root(root).disk(disk).build());
    }

    private static ThrowableAssertAlternative<StasisException> fails(ThrowingCallable call) {
        return assertThatExceptionOfType(StasisException.class)
                .isThrownBy(call)
                .matches(e -> e.code() == ErrorCode.MACHINE_FAILED);
    }

    private Path overlay(String name, Path backing) throws IOException {
        var file = folder.resolve(name);
        Qcow2Overlay.create(file, backing.getFileName().toString(), SIZE);
        return file;
    }

    /// Whether others can rely on it: nobody writes it.
    private static boolean isFrozen(Path file) {
        try {
            TestTools.run(List.of("qemu-io", "-r", "-f", "qcow2", "-c", "length", file.toString()));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
