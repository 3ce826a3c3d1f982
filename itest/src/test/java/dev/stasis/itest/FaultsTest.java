package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// QEMU or the JVM is killed at each point of a sandbox's life: nothing is left behind, nothing
/// that was whole is lost.
class FaultsTest {
    @RegisterExtension static final Machines MACHINES = new Machines();
    private static final long SOON_SECONDS = 30;

    @Test
    void qemuKilledDuringCreateLeavesNothingAndSaysSo() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            failsWhenItsQemuIsKilled(executor, () -> MACHINES.stasis().create("doomed", _ -> {}));
        }
        assertThat(MACHINES.stasis().sandboxes()).isEmpty();
    }

    @Test
    void qemuKilledDuringExecEndsTheCommandWithTheReason() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var running =
                    executor.submit(() -> base.exec("sh", "-c", "touch /dev/shm/begun; sleep 600"));
            Guest.of(base).sh("until [ -e /dev/shm/begun ]; do usleep 10000; done");
            MachineProcess.await(MACHINES.home(), "base").kill();
            assertFailsSoon(running, "base");
            assertThat(base.info().state()).isEqualTo(SandboxState.ENDED);
            assertThat(base.info().reason())
                    .hasValueSatisfying(r -> assertThat(r).contains("signal 9"));
            assertThatThrownBy(() -> base.exec("true"))
                    .isInstanceOf(StasisException.class)
                    .hasMessageContaining("base");
        }
    }

    @Test
    void qemuKilledDuringCaptureLeavesNoHalfSnapshot() throws Exception {
        for (int delayMillis : new int[] {0, 20, 60}) {
            try (var base = MACHINES.stasis().create("base", _ -> {});
                    var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                var first = base.snapshot();
                base.resume();
                Guest.of(base).sh("head -c 60000000 /dev/urandom > /dev/shm/fill");
                var process = MachineProcess.await(MACHINES.home(), "base");
                var capturing = executor.submit(base::snapshot);
                Thread.sleep(delayMillis); // so that the kill hits another step each time
                process.kill();
                try {
                    capturing.get();
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(StasisException.class);
                }
                try (var fork = first.restore("fork")) {
                    assertThat(Guest.of(fork).sh("hostname")).isEqualTo("fork");
                }
            }
        }
    }

    @Test
    void qemuKilledDuringRestoreLeavesNothingAndTheSnapshotWhole() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var snapshot = base.snapshot();
            failsWhenItsQemuIsKilled(executor, () -> snapshot.restore("doomed"));
            assertThat(MACHINES.stasis().sandboxes())
                    .extracting(s -> s.name())
                    .containsExactly("base");
            try (var fork = snapshot.restore("fork")) {
                assertThat(Guest.of(fork).sh("hostname")).isEqualTo("fork");
            }
        }
    }

    /// At what the other JVM is when it is killed.
    enum Point {
        CREATE,
        EXEC,
        CAPTURE,
        RESTORE,
        POOL
    }

    @ParameterizedTest
    @EnumSource(Point.class)
    void aJvmKilledAtAnyPointLeavesNothingAfterTheNextOpen(Point point) throws Exception {
        try (var other = OtherJvm.on(MACHINES.home()).start(DoForEver.class, point.name())) {
            other.awaitOutput("at " + point);
            if (point == Point.CREATE || point == Point.RESTORE) {
                MachineProcess.await(MACHINES.home(), point == Point.CREATE ? "doomed" : "fork");
            }
            other.kill();
            try (var again = Stasis.open(MACHINES.home())) {
                assertThat(again.sandboxes()).isEmpty();
                assertThat(again.restorableSnapshots()).isEmpty();
            }
        }
    }

    @Test
    void aDetachedSandboxAndItsNamedSnapshotSurviveTheJvm() throws Exception {
        var output = OtherJvm.run(MACHINES.home(), MakeDetached.class);
        assertThat(output).contains("made");
        try (var again = Stasis.open(MACHINES.home())) {
            var survivor = again.sandbox("survivor");
            assertThat(Guest.of(survivor).sh("cat /dev/shm/x")).isEqualTo("kept");
            survivor.close();
            assertThat(again.sandbox("survivor").info().state()).isEqualTo(SandboxState.RUNNING);
            again.sandbox("survivor").remove();
        }
    }

    static final class MakeDetached {
        public static void main(String[] args) {
            try (var stasis = Stasis.open();
                    var sandbox = stasis.create("survivor", s -> s.detached())) {
                Guest.of(sandbox).sh("echo kept > /dev/shm/x");
                System.out.println("made");
            }
        }
    }

    /// What the JVM does that is killed.
    static final class DoForEver {
        public static void main(String[] args) {
            var point = Point.valueOf(args[0]);
            try (var stasis = Stasis.open()) {
                if (point == Point.CREATE) {
                    System.out.println("at " + point);
                    stasis.create("doomed", _ -> {}).exec("sleep", "600");
                }
                Sandbox base = stasis.create("base", _ -> {});
                if (point == Point.EXEC) {
                    System.out.println("at " + point);
                    base.exec("sleep", "600");
                }
                var snapshot = base.snapshot();
                if (point == Point.POOL) {
                    snapshot.pool(2).awaitReady(Duration.ofMinutes(2));
                    snapshot.pool(9); // it is still being filled
                }
                System.out.println("at " + point);
                for (int n = 0; ; n++) {
                    if (point == Point.RESTORE) {
                        snapshot.restore(n == 0 ? "fork" : "fork" + n);
                    } else {
                        base.snapshot();
                        base.resume();
                    }
                }
            }
        }
    }

    /// Makes a sandbox and kills its QEMU meanwhile: again and again until that is in time, as a
    /// fast computer may have made it before.
    private static void failsWhenItsQemuIsKilled(ExecutorService executor, Callable<Sandbox> making)
            throws Exception {
        for (int round = 0; round < 20; round++) {
            var doomed = executor.submit(making);
            MachineProcess.await(MACHINES.home(), "doomed").kill();
            try {
                doomed.get(SOON_SECONDS, TimeUnit.SECONDS).remove();
            } catch (ExecutionException e) {
                assertFailsSoon(doomed, "doomed");
                return;
            }
        }
        throw new AssertionError("it was always made before its QEMU was killed");
    }

    private static void assertFailsSoon(Future<?> call, String name) {
        assertThatThrownBy(() -> call.get(SOON_SECONDS, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(StasisException.class)
                .hasMessageContaining(name);
    }

    @Test
    void aSandboxWhoseGuestShutsDownHasEnded() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            base.exec("sh", "-c", "echo o > /proc/sysrq-trigger");
        } catch (StasisException e) {
            assertThat(e).hasMessageContaining("base");
        }
    }
}
