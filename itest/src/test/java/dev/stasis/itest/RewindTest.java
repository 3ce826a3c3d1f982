package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.CommandFailedException;
import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The same sandbox goes back to a snapshot of its line.
class RewindTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void aSandboxGoesBackInMemoryAndOnDiskAndKeepsItsIdentity() {
        try (var base = small("base")) {
            var guest = Guest.of(base).startCounting();
            write(guest, "before");
            var token = guest.count().token();
            var snapshot = base.snapshot();
            base.resume();
            var there = guest.sh("cat /run/stasis/fork");
            write(guest, "after");
            String id = base.id();

            base.rewind(snapshot); // it ran

            assertThat(read(guest)).isEqualTo("before before base");
            assertThat(guest.countOn().token()).isEqualTo(token);
            assertThat(base.id()).isEqualTo(id);
            assertThat(base.info().id()).isEqualTo(id);
            assertThat(base.info().state()).isEqualTo(SandboxState.RUNNING);
            var first = guest.sh("cat /run/stasis/fork; head -c 16 /dev/urandom | md5sum");
            assertThat(first).contains("name=base").doesNotContain(there);

            write(guest, "again");
            base.pause();
            base.rewind(snapshot); // it was paused
            assertThat(read(guest)).isEqualTo("before before base");
            assertThat(guest.sh("cat /run/stasis/fork; head -c 16 /dev/urandom | md5sum"))
                    .isNotEqualTo(first);
            assertClockIsRight(guest);

            base.stop();
            base.rewind(snapshot); // it was stopped
            assertThat(read(guest)).isEqualTo("before before base");
            try (var fork = base.snapshot().restore("fork")) {
                assertThat(read(Guest.of(fork))).isEqualTo("before before fork");
            }
            assertThat(disks("base")).hasSize(1);
        }
    }

    private static void assertClockIsRight(Guest guest) {
        long before = System.currentTimeMillis() / 1000;
        assertThat(guest.number("date +%s"))
                .isBetween(before - 1, System.currentTimeMillis() / 1000 + 61);
    }

    @Test
    void aForkGoesBackAlongItsLineAndNowhereElse() {
        try (var base = small("base")) {
            write(Guest.of(base), "one");
            var one = base.snapshot();
            base.resume();
            write(Guest.of(base), "two");
            var two = base.snapshot();
            base.resume();
            write(Guest.of(base), "three");
            var three = base.snapshot();
            try (var fork = two.restoreWith("fork", r -> r.env("WORKER", "7"))) {
                var guest = Guest.of(fork);
                write(guest, "fork");
                var own = fork.snapshot();
                fork.rewind(one);
                assertThat(read(guest)).isEqualTo("one one fork");
                assertThat(guest.sh("echo $WORKER")).isEqualTo("7");
                fork.rewind(own);
                assertThat(read(guest)).isEqualTo("fork fork fork");
                fork.rewind(two);
                assertThat(read(guest)).isEqualTo("two two fork");
                assertThat(guest.sh("grep ^env /run/stasis/fork")).isEqualTo("env.WORKER=7");

                assertRefused(
                        ErrorCode.INVALID_ARGUMENT, "neither", () -> fork.rewind(three), two.id());
                assertRefused(ErrorCode.INVALID_ARGUMENT, "taken of", () -> base.rewind(own), "no");
                assertThat(read(guest)).isEqualTo("two two fork");
                own.close();
                assertThatThrownBy(() -> fork.rewind(own))
                        .isInstanceOfSatisfying(
                                StasisException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.SNAPSHOT_NOT_FOUND));
            }
        }
    }

    @Test
    void theStateThatIsLeftIsKeptIfThatIsAskedFor() {
        try (var base = small("base")) {
            var guest = Guest.of(base);
            write(guest, "before");
            var snapshot = base.snapshot();
            base.resume();
            write(guest, "after");

            var kept = base.rewind(snapshot, "kept");
            assertThat(read(guest)).isEqualTo("before before base");
            assertRefused(
                    ErrorCode.NAME_TAKEN, "kept", () -> base.rewind(snapshot, "kept"), "kept");
            assertThat(read(guest)).isEqualTo("before before base");
            base.stop();
            assertRefused(
                    ErrorCode.WRONG_STATE, "no machine", () -> base.rewind(snapshot, "b"), "b");
            base.rewind(kept);
            assertThat(read(guest)).isEqualTo("after after base");
            Snapshot again = MACHINES.stasis().snapshot("kept");
            try (var fork = again.restore("fork")) {
                assertThat(read(Guest.of(fork))).isEqualTo("after after fork");
            }
            MACHINES.stasis().deleteSnapshot("kept");
        }
    }

    @Test
    void aCommandThatRanIsToldThatItsSandboxWasRewound() throws Exception {
        try (var base = small("base");
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var snapshot = base.snapshot();
            base.resume();
            var running =
                    executor.submit(() -> base.exec("sh", "-c", "touch /dev/shm/begun; sleep 600"));
            Guest.of(base).sh("until [ -e /dev/shm/begun ]; do usleep 10000; done");

            base.rewind(snapshot);

            assertThatThrownBy(running::get)
                    .cause()
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.REWOUND));
            assertThat(Guest.of(base).sh("ls /dev/shm")).isEmpty();
        }
    }

    @Test
    void anAttachedSandboxStaysAttachedAndIsRewoundByItsOwnerAlone() throws Exception {
        try (var base = small("base")) {
            var snapshot = base.snapshot();
            var other = OtherJvm.on(MACHINES.home()).runToEnd(RewindOnce.class, snapshot.id());
            assertThat(other.output()).contains("attached to the process that made it");
            MACHINES.stasis().sandbox("base").rewind(snapshot);
            assertThat(base.info().attached()).isTrue();
            assertThat(Guest.of(base).sh("echo runs")).isEqualTo("runs");
        }
        assertThat(MACHINES.stasis().sandboxes()).isEmpty();
    }

    static final class RewindOnce {
        public static void main(String[] args) {
            try (var stasis = Stasis.open();
                    var base = stasis.sandbox("base")) {
                base.rewind(stasis.snapshot(args[0]));
            } catch (StasisException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /// Detached, so that it outlives the process that is killed while it rewinds it.
    @Test
    void aProcessKilledWhileItRewindsLeavesTheOldStateOrTheNewOneOrSaysWhy() throws Exception {
        try (var base = MACHINES.stasis().create("base", s -> s.memory("256M").detached())) {
            var guest = Guest.of(base);
            write(guest, "before");
            var snapshot = base.snapshot();
            base.resume();
            for (int delay : new int[] {0, 60, 120, 180, 240, 300, 400, 600}) {
                write(guest, "after");
                killWhileItRewinds(snapshot.id(), delay);
                assertOldOrNewOrSaysWhy(base, snapshot.id());
                try (var again = Stasis.open(MACHINES.home())) {
                    again.sandbox("base").rewind(again.snapshot(snapshot.id()));
                }
                assertThat(read(guest)).isEqualTo("before before base");
                assertThat(disks("base")).hasSize(1);
                try (var trash = Files.list(MACHINES.home().resolve("trash"))) {
                    assertThat(trash).isEmpty();
                }
            }
            MACHINES.stasis().sandbox("base").remove();
        }
    }

    /// A machine that was still the killed process's own ends right after it, and so may one that
    /// seems to run at first.
    private static void assertOldOrNewOrSaysWhy(Sandbox sandbox, String snapshot) throws Exception {
        if (sandbox.info().state() == SandboxState.RUNNING) {
            try {
                assertThat(read(Guest.of(sandbox))).isIn("before before base", "after after base");
                return;
            } catch (CommandFailedException e) {
                throw e;
            } catch (StasisException e) {
                Eventually.is(
                        Duration.ofMinutes(1),
                        "the end of a machine that failed: " + e.getMessage(),
                        () -> sandbox.info().state() != SandboxState.RUNNING);
            }
        }
        var info = sandbox.info();
        assertThat(info.state()).as(info.toString()).isEqualTo(SandboxState.STOPPED);
        assertThat(info.reason().orElseThrow()).contains(snapshot);
    }

    private static void killWhileItRewinds(String snapshot, int delayMillis) throws Exception {
        try (var other = OtherJvm.on(MACHINES.home()).start(RewindSoon.class, snapshot)) {
            other.awaitOutput("now");
            Thread.sleep(delayMillis); // so that the kill hits another step each time
            other.kill();
        }
    }

    static final class RewindSoon {
        public static void main(String[] args) {
            try (var stasis = Stasis.open();
                    var base = stasis.sandbox("base")) {
                var snapshot = stasis.snapshot(args[0]);
                System.out.println("now");
                base.rewind(snapshot);
            }
        }
    }

    private static Sandbox small(String name) {
        return MACHINES.stasis().create(name, s -> s.memory("256M"));
    }

    private static void write(Guest guest, String text) {
        guest.sh("echo %s > /dev/shm/state; echo %s > /root/state; sync".formatted(text, text));
    }

    private static String read(Guest guest) {
        return guest.sh(
                "echo 3 > /proc/sys/vm/drop_caches; echo $(cat /dev/shm/state /root/state; hostname)");
    }

    private static List<Path> disks(String sandbox) {
        try (var files = Files.list(MACHINES.home().resolve("sandboxes").resolve(sandbox))) {
            return files.filter(f -> f.getFileName().toString().startsWith("disk-")).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertRefused(
            ErrorCode code, String words, ThrowingCallable call, String more) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(words)
                .hasMessageContaining(more);
    }
}
