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
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
        assertThat(source.activeDisk(LONG)).contains(disk);
        var layer = overlay("disk-1.qcow2", disk);

        var capture = source.capture(request(layer), LONG);

        assertThat(capture.frozenDisk()).isEqualTo(disk);
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
            assertThat(machine.addOverlay(layer, LONG)).isEqualTo(present);
            assertThat(machine.activeDisk(LONG)).contains(layer);
            assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
            present = layer;
        }
    }

    @Test
    void aLayerThatIsMissingFailsTheCaptureAndChangesNothing() throws Exception {
        var machine = boot();
        var request = request(folder.resolve("none.qcow2"));
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> machine.capture(request, LONG))
                .matches(e -> e.code() == ErrorCode.MACHINE_FAILED)
                .withMessageContaining("none.qcow2");
        assertThat(request.memoryFolder()).isEmptyDirectory();
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.PAUSED);
        assertThat(machine.activeDisk(LONG)).contains(disk);
        machine.capture(request(overlay("disk-1.qcow2", disk)), LONG);
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
                .isThrownBy(() -> machine.addOverlay(disk, LONG))
                .withMessageContaining("has no disk");
    }

    private Machine boot() throws IOException {
        return payload.boot(payload.spec(payload.newFiles()).root(root).disk(disk).build());
    }

    private CaptureRequest request(Path overlay) throws IOException {
        var plain = payload.firstRequest();
        return new CaptureRequest(plain.devices(), plain.memoryFolder(), Map.of(), overlay);
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
