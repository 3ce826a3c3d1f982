package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.Pool;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Clones that wait, restored and standing still, until they are made forks.
class PoolTest {
    @RegisterExtension static final Machines MACHINES = new Machines();
    private static final Duration FILLED = Duration.ofMinutes(2);

    private static Sandbox base;
    private static Snapshot snapshot;

    @BeforeAll
    static void makeSnapshot() {
        base = MACHINES.stasis().create("base", s -> s.memory("512M"));
        Guest.of(base).startCounting();
        snapshot = base.snapshot();
    }

    @AfterAll
    static void removeBase() {
        base.close();
    }

    @Test
    void nothingOfAGuestRunsBeforeItsCloneIsMadeAFork() throws Exception {
        try (var pool = filled(2)) {
            long uptime;
            try (var first = pool.restore("first")) {
                uptime = uptime(first);
            }
            Thread.sleep(3000); // it would be seen if the second one ran meanwhile
            pool.awaitReady(FILLED);
            long start = System.nanoTime();
            try (var second = pool.restore("second")) {
                long waited = uptime(second) - uptime;
                assertThat(waited).isLessThan(seconds(start) * 1000 + 2500);
                assertThat(Guest.of(second).sh("hostname")).isEqualTo("second");
                Guest.of(second).countOn();
            }
        }
    }

    /// How long its kernel has run, in milliseconds.
    private static long uptime(Sandbox sandbox) {
        return Guest.of(sandbox).number("awk '{printf \"%d\", $1 * 1000}' /proc/uptime");
    }

    private static long seconds(long since) {
        return Duration.ofNanos(System.nanoTime() - since).toSeconds();
    }

    @Test
    void eachForkIsAnotherWithItsOwnNameEnvironmentAndSize() {
        try (var pool = filled(3)) {
            try (var a = pool.restoreWith("a", r -> r.env("ROLE", "load").cpus(2));
                    var b = pool.restoreWith("b", r -> r.memory("1G"));
                    var c = pool.restore()) {
                assertThat(Guest.of(a).sh("hostname; echo $ROLE; nproc")).isEqualTo("a\nload\n2");
                assertThat(Guest.of(b).sh("hostname; echo $ROLE; nproc")).isEqualTo("b\n\n1");
                assertThat(b.info().memory()).isEqualTo(ByteSize.parse("1G"));
                assertThat(Guest.of(c).sh("hostname")).isEqualTo(c.name());
                assertThat(Set.of(random(a), random(b), random(c))).hasSize(3);
                assertThat(Guest.of(a).count().token()).isEqualTo(Guest.of(c).count().token());

                assertThat(MACHINES.stasis().sandboxes())
                        .extracting(s -> s.name())
                        .containsExactlyInAnyOrder("a", "b", "base", c.name());
            }
        }
    }

    private static String random(Sandbox sandbox) {
        return Guest.of(sandbox).sh("head -c 16 /dev/urandom | md5sum");
    }

    @Test
    void aForkOutOfAPoolIsCapturedRewoundAndForkedLikeAnyOther() {
        try (var pool = filled(1);
                var fork = pool.restore("fork")) {
            Guest.of(fork).sh("echo one > /root/file; echo one > /dev/shm/file");
            var one = fork.snapshot();
            fork.resume();
            Guest.of(fork).sh("echo two > /root/file; echo two > /dev/shm/file");
            var two = fork.snapshot();
            try (var again = two.restore("again")) {
                assertThat(Guest.of(again).sh("cat /root/file /dev/shm/file"))
                        .isEqualTo("two\ntwo");
            }
            fork.rewind(one);
            assertThat(Guest.of(fork).sh("cat /root/file /dev/shm/file")).isEqualTo("one\none");
            assertThat(fork.usage().ownMemory().bytes()).isPositive();
        }
    }

    @Test
    void aPoolRefillsItselfAndACallThatFindsItEmptyRestores() {
        try (var pool = filled(1);
                var a = pool.restore("a");
                var b = pool.restore("b")) {
            assertThat(Guest.of(a).sh("hostname") + Guest.of(b).sh("hostname")).isEqualTo("ab");
            pool.awaitReady(FILLED);
            assertThat(pool.ready()).isEqualTo(1);
        }
    }

    @Test
    void aPoolThatHasClonesLeftIsRefilledThoughNobodyWaitsForIt() throws Exception {
        try (var pool = filled(2);
                var fork = pool.restore("fork")) {
            Eventually.is(FILLED, "two clones", () -> pool.ready() == 2);
            assertThat(Guest.of(fork).sh("hostname")).isEqualTo("fork");
        }
    }

    @Test
    void aCallThatFailsLeavesItsCloneInThePool() {
        try (var pool = filled(1)) {
            assertThatThrownBy(() -> pool.restore("base"))
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.NAME_TAKEN));
            assertThatThrownBy(() -> pool.restoreWith("huge", r -> r.cpus(500)))
                    .isInstanceOf(StasisException.class);
            assertThat(pool.ready()).isEqualTo(1);
        }
    }

    @Test
    void aForkThatIsDetachedOutlivesThePoolAndOthersCanWorkInIt() throws Exception {
        try (var pool = filled(1)) {
            pool.restoreWith("kept", r -> r.detached()).close();
        }
        try (var again = Stasis.open(MACHINES.home())) {
            var kept = again.sandbox("kept");
            assertThat(Guest.of(kept).sh("hostname")).isEqualTo("kept");
            kept.remove();
        }
    }

    @Test
    void anotherProcessThatOpensTheHomeLeavesThePoolAlone() throws Exception {
        try (var pool = filled(1)) {
            try (var other = Stasis.open(MACHINES.home())) {
                assertThat(other.sandboxes()).extracting(s -> s.name()).containsExactly("base");
            }
            assertThat(pool.ready()).isEqualTo(1);
            try (var fork = pool.restore("fork")) {
                assertThat(Guest.of(fork).sh("hostname")).isEqualTo("fork");
            }
        }
    }

    @Test
    void aPoolWaitsWhileLittleMemoryIsAvailable() {
        try (var pool = snapshot.pool(1, p -> p.spareMemory(ByteSize.parse("1024G")))) {
            assertThatThrownBy(() -> pool.awaitReady(Duration.ofMillis(300)))
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED))
                    .hasMessageContaining("memory available and 1T to be left free");
            assertThat(pool.ready()).isZero();
        }
    }

    @Test
    void aClosedPoolMakesNoForksAndLeavesNothing() throws IOException {
        var pool = filled(2);
        pool.close();
        pool.close();
        assertThat(pool.ready()).isZero();
        assertThat(clones()).isEmpty();
        assertThatThrownBy(() -> pool.restore("late"))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_STATE));
        assertThatThrownBy(() -> snapshot.pool(0))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    private static Set<String> clones() throws IOException {
        var names = new TreeSet<String>();
        try (var folders = Files.newDirectoryStream(MACHINES.home().resolve("pools"))) {
            folders.forEach(folder -> names.add(folder.getFileName().toString()));
        }
        return names;
    }

    private static Pool filled(int size) {
        var pool = snapshot.pool(size);
        boolean filled = false;
        try {
            pool.awaitReady(FILLED);
            filled = true;
            return pool;
        } finally {
            if (!filled) {
                pool.close();
            }
        }
    }
}
