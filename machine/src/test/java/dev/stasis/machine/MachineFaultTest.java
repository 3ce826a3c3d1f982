package dev.stasis.machine;

import static dev.stasis.machine.Payload.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.Accelerator;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.qmp.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// QEMU, its launcher or its files fail.
@Timeout(300)
class MachineFaultTest {
    private static final Duration SHORT = Duration.ofMillis(300);

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
    void everythingDoneToAKilledMachineSaysHowItEnded() throws Exception {
        var machine = payload.boot();
        signal("KILL", machine.pid());
        var request = payload.firstRequest();
        for (ThrowingCallable operation :
                List.<ThrowingCallable>of(
                        () -> machine.pause(LONG),
                        () -> machine.resume(LONG),
                        () -> machine.capture(request, LONG),
                        () -> machine.activeDisk(LONG),
                        () -> machine.openOverlay(Path.of("none"), 1, LONG))) {
            fails(ErrorCode.MACHINE_FAILED, operation)
                    .withMessageContaining("because it has ended: QEMU was ended by signal 9")
                    .withMessageContaining(machine.files().qemuLog().toString());
        }
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.ENDED);
        assertThat(Machine.end(machine.files())).contains(new MachineEnd.Signaled(9));
        assertThat(request.memoryFolder()).isEmptyDirectory();
    }

    @Test
    void aMachineKilledAtAnyMomentOfACaptureLeavesNoFileOrAWholeCapture() throws Exception {
        var random = new Random(11);
        var base = payload.boot();
        Payload.scribble(base, 1000, 8000, (byte) 5);
        var first = base.capture(payload.firstRequest(), LONG);
        for (int round = 0; round < 6; round++) {
            var machine = payload.restore(first.ram(), first.devices());
            Payload.scribble(machine, 1000, 6000, (byte) round);
            var request = payload.request(first.ram());
            long delay = random.nextLong(Duration.ofMillis(40).toNanos());

            var outcome =
                    killedDuring(
                            Optional.of(machine.pid()),
                            delay,
                            () -> machine.capture(request, LONG));

            if (outcome.isPresent()) {
                assertThat(outcome.get().code()).isEqualTo(ErrorCode.MACHINE_FAILED);
                assertThat(outcome.get()).hasMessageContaining("signal 9");
                assertThat(request.memoryFolder()).isEmptyDirectory();
            } else {
                assertThat(request.devices()).exists();
            }
        }
    }

    @Test
    void aMachineKilledAtAnyMomentOfARestoreLeavesNothing() throws Exception {
        var random = new Random(12);
        var source = payload.boot();
        var first = source.capture(payload.firstRequest(), LONG);
        Payload.scribble(source, 1000, 2000, (byte) 5);
        var delta = source.capture(payload.request(first.ram()), LONG);
        assertThat(delta.ram()).isInstanceOf(RamImage.Delta.class);
        for (int round = 0; round < 6; round++) {
            var spec = payload.spec(payload.newFiles()).build();
            long delay = random.nextLong(Duration.ofMillis(40).toNanos());
            var memory = round % 2 == 0 ? first.memory() : delta.memory();
            var outcome =
                    killedDuring(
                            Optional.empty(),
                            delay,
                            () ->
                                    payload.keep(
                                            Machine.restore(spec, memory, delta.devices(), LONG)),
                            spec.files());
            if (outcome.isPresent()) {
                assertThat(outcome.get().code()).isEqualTo(ErrorCode.MACHINE_FAILED);
                assertThat(Machine.isAlive(spec.files())).isFalse();
                assertThat(spec.files().logs()).isDirectoryNotContaining("glob:**.ram");
            }
        }
    }

    @Test
    void aLauncherThatIsKilledTakesItsMachineWithIt() throws Exception {
        var machine = payload.boot();
        var launcher = Machine.processes(machine.files()).orElseThrow().launcher();
        signal("KILL", launcher.pid());
        while (machine.qemu().isAlive()) { // the kernel ends it once the launcher is gone
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }

        fails(ErrorCode.MACHINE_FAILED, () -> machine.pause(LONG))
                .withMessageContaining("its launcher was ended too");
        machine.kill(LONG);
        assertThat(Machine.end(machine.files())).isEmpty();
        Files.delete(machine.files().monitor()); // whoever removes the run folder does that
        try (var lanes = Files.newDirectoryStream(machine.files().run(), "lane.*")) {
            for (var lane : lanes) {
                Files.delete(lane);
            }
        }
    }

    @Test
    void anAttachedMachineEndsWithItsOwnerAndADetachedOneDoesNot() throws Exception {
        var attached = payload.boot();
        var detached = payload.boot();
        detached.detach();
        attached.close();
        detached.close();

        assertThat(Machine.awaitEnd(attached.files(), LONG)).isTrue();
        assertThat(Machine.end(attached.files())).contains(new MachineEnd.OwnerGone());
        assertThat(detached.status(LONG).state()).isEqualTo(MachineState.RUNNING);
    }

    @Test
    void aSecondClientOfTheMonitorWaitsForTheFirst() throws Exception {
        var machine = payload.boot();
        try (var first = QmpClient.connect(machine.files().monitor(), LONG)) {
            assertThat(first.version().number("major")).isPositive();
            fails(ErrorCode.DEADLINE_EXCEEDED, () -> machine.status(SHORT))
                    .withMessageContaining("is another one connected?");
        }
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
    }

    @Test
    void aStoppedQemuIsReportedAtTheDeadlineAndCanBeKilled() throws Exception {
        var machine = payload.boot();
        signal("STOP", machine.pid());
        fails(ErrorCode.DEADLINE_EXCEEDED, () -> machine.status(SHORT))
                .withMessageContaining("within 300 ms")
                .withMessageContaining("qemu.log");
        signal("CONT", machine.pid());
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
        signal("STOP", machine.pid());
        machine.kill(LONG);
        assertThat(machine.isAlive()).isFalse();
    }

    @Test
    void aRunFolderTakesOneMachine() throws Exception {
        var machine = payload.boot();
        fails(
                        ErrorCode.MACHINE_FAILED,
                        () -> Machine.boot(payload.spec(machine.files()).build(), LONG))
                .withMessageContaining("machine.lock");
        assertThat(machine.status(LONG).state()).isEqualTo(MachineState.RUNNING);
    }

    /// Kills QEMU some time after an operation began.
    ///
    /// @return the error of the operation, if it failed
    private static Optional<StasisException> killedDuring(
            Optional<Long> pid, long delayNanos, Callable<?> operation, MachineFiles... appearing)
            throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Optional<StasisException>> attempt =
                    () -> {
                        try {
                            operation.call();
                            return Optional.empty();
                        } catch (StasisException e) {
                            return Optional.of(e);
                        }
                    };
            var outcome = threads.submit(attempt);
            long victim = pid.orElseGet(() -> await(appearing[0]));
            LockSupport.parkNanos(delayNanos);
            signal("KILL", victim);
            return outcome.get();
        }
    }

    private static long await(MachineFiles files) {
        while (true) {
            var processes = Machine.processes(files);
            if (processes.isPresent()) {
                return processes.get().qemu().pid();
            }
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
    }

    private static void signal(String name, long pid) throws IOException {
        TestTools.run(List.of("kill", "-" + name, Long.toString(pid)));
    }

    private static ThrowableAssertAlternative<StasisException> fails(
            ErrorCode code, ThrowingCallable call) {
        return assertThatExceptionOfType(StasisException.class)
                .isThrownBy(call)
                .matches(e -> e.code() == code, "with code " + code);
    }
}
