package dev.stasis.machine;

import static dev.stasis.machine.Payload.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a machine is given is wrong.
@Timeout(300)
class MachineInputTest {
    @TempDir Path folder;
    private Payload payload;

    @BeforeEach
    void prepare() {
        payload = new Payload(folder, Accelerator.TCG);
    }

    @AfterEach
    void nothingIsLeft() {
        payload.close();
    }

    @Test
    void damagedDeviceStatesAreRefusedByQemuInItsWords() throws Exception {
        var source = payload.boot();
        var capture = source.capture(payload.firstRequest(), LONG);
        var whole = Files.readAllBytes(capture.devices());
        var random = new Random(13);
        for (int round = 0; round < 4; round++) {
            var damaged =
                    switch (round) {
                        case 0 -> new byte[0];
                        case 1 -> Arrays.copyOf(whole, 1 + random.nextInt(whole.length / 2));
                        case 2 -> "this is no device state".getBytes(StandardCharsets.US_ASCII);
                        default -> randomBytes(random, whole.length);
                    };
            var devices = Files.write(folder.resolve("damaged"), damaged);
            fails(ErrorCode.MACHINE_FAILED, () -> payload.restore(capture.ram(), devices))
                    .withMessageContaining("can't be started")
                    .withMessageContaining("the last lines of");
        }
    }

    @Test
    void ramThatIsMissingOrOfAnotherSizeIsRefusedBeforeQemuStarts() throws Exception {
        var source = payload.boot();
        var capture = source.capture(payload.firstRequest(), LONG);
        var flat = (RamImage.Flat) capture.ram();
        var missing = new RamImage.Flat(folder.resolve("none"), flat.size());
        fails(ErrorCode.STORE_DAMAGED, () -> payload.restore(missing, capture.devices()));
        var larger = new RamImage.Flat(flat.file(), ByteSize.ofMebibytes(49));
        fails(ErrorCode.STORE_DAMAGED, () -> payload.restore(larger, capture.devices()))
                .withMessageContaining("bytes instead of");
        var spec = payload.spec(payload.newFiles()).memory(ByteSize.ofMebibytes(64)).build();
        fails(
                        ErrorCode.INVALID_ARGUMENT,
                        () -> Machine.restore(spec, capture.memory(), capture.devices(), LONG))
                .withMessageContaining("64M");
        var noDelta = new RamImage.Delta(capture.devices(), flat);
        fails(ErrorCode.STORE_DAMAGED, () -> payload.restore(noDelta, capture.devices()))
                .withMessageContaining("is no RAM delta");
    }

    @Test
    void aCaptureIntoExistingFilesIsRefusedAndTouchesNeitherThemNorTheMachine() throws Exception {
        var machine = payload.boot();
        var request = payload.firstRequest();
        var mine = Files.writeString(request.memoryFolder().resolve("ram.img"), "mine");
        fails(ErrorCode.INVALID_ARGUMENT, () -> machine.capture(request, LONG));
        assertThat(mine).hasContent("mine");
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
    }

    @Test
    void aFailedCaptureLeavesThePausedMachineIntact() throws Exception {
        var machine = payload.boot();
        var nowhere = folder.resolve("nowhere");
        fails(
                ErrorCode.MACHINE_FAILED,
                () ->
                        machine.capture(
                                new CaptureRequest(nowhere.resolve("devices"), nowhere, Map.of()),
                                LONG));
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.PAUSED);
        var capture = machine.capture(payload.firstRequest(), LONG);
        assertThat(Payload.count(capture.ram())).isEqualTo(Payload.count(machine));
        machine.resume(LONG);
        Payload.awaitCountAbove(machine, Payload.count(capture.ram()));
    }

    @Test
    void aFullDiskIsCalledSo() throws Exception {
        var machine = payload.boot();
        fails(
                        ErrorCode.DISK_FULL,
                        () ->
                                new Monitor(machine.files())
                                        .run(
                                                "captured",
                                                LONG,
                                                (qmp, deadline) -> {
                                                    throw new IOException(
                                                            "No space left on device");
                                                }))
                .withMessageContaining("no space is left");
    }

    @Test
    void aFirmwareThatQemuDoesNotTakeIsReportedWithQemusWords() throws Exception {
        var files = payload.newFiles();
        var none = folder.resolve("no such firmware");
        var spec =
                MachineSpec.builder(
                                TestTools.qemu(),
                                TestTools.launcher(),
                                new Boot.Firmware(none),
                                files)
                        .build();
        fails(ErrorCode.MACHINE_FAILED, () -> payload.boot(spec))
                .withMessageContaining("can't be started")
                .withMessageContaining("QEMU exited with code 1")
                .withMessageContaining("no such firmware");
        assertThat(Machine.isAlive(files)).isFalse();
    }

    @Test
    void aProgramThatIsNotThereIsReportedByItsName() throws Exception {
        var qemu = new Qemu(Path.of("/nowhere/qemu"), QemuVersion.OLDEST, "");
        var boot = new Boot.Firmware(TestTools.payload());
        var one = MachineSpec.builder(qemu, TestTools.launcher(), boot, payload.newFiles()).build();
        fails(ErrorCode.MACHINE_FAILED, () -> payload.boot(one))
                .withMessageContaining("/nowhere/qemu")
                .withMessageContaining("No such file");
        var two =
                MachineSpec.builder(
                                TestTools.qemu(),
                                Path.of("/nowhere/launcher"),
                                boot,
                                payload.newFiles())
                        .build();
        fails(ErrorCode.MACHINE_FAILED, () -> payload.boot(two))
                .withMessageContaining("/nowhere/launcher");
    }

    private static byte[] randomBytes(Random random, int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ThrowableAssertAlternative<StasisException> fails(
            ErrorCode code, ThrowingCallable call) {
        return assertThatExceptionOfType(StasisException.class)
                .isThrownBy(call)
                .matches(e -> e.code() == code, "with code " + code);
    }
}
