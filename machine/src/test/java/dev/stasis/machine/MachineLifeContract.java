package dev.stasis.machine;

import static dev.stasis.machine.Payload.LONG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Accelerator;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What holds for a machine under every accelerator, shown with a payload that counts.
abstract class MachineLifeContract {
    @TempDir Path folder;
    Payload payload;

    abstract Accelerator accelerator();

    @BeforeEach
    void prepare() {
        payload = new Payload(folder, accelerator());
    }

    @AfterEach
    void nothingIsLeft() {
        payload.close();
    }

    @Test
    void aPausedMachineStandsStillAndGoesOnWhereItStood() throws Exception {
        var machine = payload.boot();
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
        Payload.awaitCountAbove(machine, 100_000);

        machine.pause(LONG);
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.PAUSED);
        long paused = Payload.count(machine);
        assertThat(Payload.count(machine)).isEqualTo(paused);

        machine.resume(LONG);
        Payload.awaitCountAbove(machine, paused);
    }

    @Test
    void forksGoOnFromTheCaptureAndTheSourceTooApartFromEachOther() throws Exception {
        var source = payload.boot();
        Payload.awaitCountAbove(source, 100_000);
        var capture = source.capture(payload.firstRequest(), LONG);
        long captured = Payload.count(source);
        assertThat(capture.ram()).isInstanceOf(RamImage.Flat.class);
        assertThat(Payload.count(capture.ram())).isEqualTo(captured);

        var one = payload.restore(capture.ram(), capture.devices());
        var two = payload.restore(capture.ram(), capture.devices());
        assertThat(one.status(LONG).state()).isEqualTo(MachineState.PAUSED);
        assertThat(Payload.count(one)).isEqualTo(captured);

        one.resume(LONG);
        source.resume(LONG);
        Payload.awaitCountAbove(one, captured);
        Payload.awaitCountAbove(source, captured);
        assertThat(Payload.count(two)).isEqualTo(captured);
        assertThat(Payload.count(capture.ram())).isEqualTo(captured);
    }

    @Test
    void aSecondCaptureIsADeltaFromWhichAForkGoesOn() throws Exception {
        var source = payload.boot();
        Payload.awaitCountAbove(source, 100_000);
        var first = source.capture(payload.firstRequest(), LONG);
        long before = Payload.count(first.ram());
        source.resume(LONG);
        Payload.awaitCountAbove(source, before + 1_000_000);

        var second = source.capture(payload.request(first.ram()), LONG);

        long after = Payload.count(source);
        assertThat(second.ram()).isInstanceOf(RamImage.Delta.class);
        assertThat(Payload.count(second.ram())).isEqualTo(after).isGreaterThan(before);
        var fork = payload.restore(second.ram(), second.devices());
        assertThat(Payload.count(fork)).isEqualTo(after);
        fork.resume(LONG);
        Payload.awaitCountAbove(fork, after);
    }

    @Test
    void aForkOfAForkOfAForkGoesOn() throws Exception {
        var machine = payload.boot();
        Payload.awaitCountAbove(machine, 100_000);
        var capture = machine.capture(payload.firstRequest(), LONG);
        for (int generation = 0; generation < 3; generation++) {
            long captured = Payload.count(capture.ram());
            var fork = payload.restore(capture.ram(), capture.devices());
            fork.resume(LONG);
            Payload.awaitCountAbove(fork, captured + 10_000);
            capture = fork.capture(payload.request(capture.ram()), LONG);
            assertThat(Payload.count(capture.ram()))
                    .isEqualTo(Payload.count(fork))
                    .isGreaterThan(captured);
        }
    }

    @Test
    void largeChangesMakeAFlatImageWithWhatTheBaseHadBesides() throws Exception {
        var source = payload.boot();
        source.pause(LONG);
        Payload.scribble(source, 1000, 500, (byte) 1);
        var first = source.capture(payload.firstRequest(), LONG);
        var fork = payload.restore(first.ram(), first.devices());
        Payload.scribble(fork, 1200, 100, (byte) 0);
        Payload.scribble(fork, 2000, 5000, (byte) 2);

        var second = fork.capture(payload.request(first.ram()), LONG);

        assertThat(second.ram()).isInstanceOf(RamImage.Flat.class);
        var expected = source.files().logs().resolve("expected");
        Payload.scribble(source, 1200, 100, (byte) 0);
        Payload.scribble(source, 2000, 5000, (byte) 2);
        var third = source.capture(payload.request(first.ram()), LONG);
        Files.copy(((RamImage.Flat) third.ram()).file(), expected);
        assertThat(Files.mismatch(((RamImage.Flat) second.ram()).file(), expected)).isEqualTo(-1);
    }

    @Test
    void theDumpOfQemuEqualsWhatIsReadDirectlyByteForByte() throws Exception {
        var source = payload.boot();
        Payload.awaitCountAbove(source, 100_000);
        var direct = source.capture(payload.firstRequest(), LONG);
        var slower = Machine.find(source.files(), MemoryAccess.QMP).orElseThrow();
        var dumped = slower.capture(payload.firstRequest(), LONG);

        assertThat(Files.mismatch(file(dumped.ram()), file(direct.ram()))).isEqualTo(-1);
        assertThat(Files.mismatch(dumped.devices(), direct.devices())).isEqualTo(-1);

        Payload.scribble(source, 3000, 20, (byte) 7);
        var directDelta = source.capture(payload.request(direct.ram()), LONG);
        var dumpedDelta = slower.capture(payload.request(direct.ram()), LONG);
        assertThat(directDelta.ram()).isInstanceOf(RamImage.Delta.class);
        assertThat(Files.mismatch(file(dumpedDelta.ram()), file(directDelta.ram()))).isEqualTo(-1);
    }

    @Test
    void aDeltaIsRestoredWithoutAccessToQemusMemoryAndCapturedAgain() throws Exception {
        var source = payload.boot();
        Payload.awaitCountAbove(source, 100_000);
        var first = source.capture(payload.firstRequest(), LONG);
        Payload.scribble(source, 3000, 20, (byte) 7);
        var delta = source.capture(payload.request(first.ram()), LONG);
        assertThat(delta.ram()).isInstanceOf(RamImage.Delta.class);

        var fork = payload.restore(delta.ram(), delta.devices(), MemoryAccess.QMP);
        assertThat(Payload.count(fork)).isEqualTo(Payload.count(delta.ram()));
        try (var left = Files.list(fork.files().logs())) {
            assertThat(left.filter(file -> file.toString().endsWith(".ram"))).isEmpty();
        }

        // most pages of the delta are in the file that this fork maps, and not written
        var again = fork.capture(payload.request(delta.ram()), LONG);
        assertThat(again.ram().deltas()).hasSize(2);
        assertThat(Files.size(file(again.ram()))).isLessThan(Files.size(file(delta.ram())));
        assertThat(Files.mismatch(flat(again.ram()), flat(delta.ram()))).isEqualTo(-1);
        fork.resume(LONG);
        Payload.awaitCountAbove(fork, Payload.count(delta.ram()));
    }

    @Test
    void aMachineIsFoundByItsRunFolderAndEndsWithAReason() throws Exception {
        var machine = payload.boot();
        var found = Machine.find(machine.files()).orElseThrow();
        assertThat(found.pid()).isEqualTo(machine.pid());
        assertThat(Machine.end(machine.files())).isEmpty();

        found.kill(LONG);

        assertThat(machine.isAlive()).isFalse();
        assertThat(Machine.find(machine.files())).isEmpty();
        assertThat(Machine.end(machine.files())).contains(new MachineEnd.Killed());
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.ENDED);
    }

    private static Path flat(RamImage image) throws Exception {
        var file = file(image).resolveSibling("flat");
        try (var fold = RamFold.open(image, Integer.MAX_VALUE)) {
            fold.writeTo(file);
        }
        return file;
    }

    private static Path file(RamImage image) {
        return switch (image) {
            case RamImage.Flat flat -> flat.file();
            case RamImage.Delta delta -> delta.file();
        };
    }
}
