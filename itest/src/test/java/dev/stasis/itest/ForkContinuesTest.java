package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What ran at the capture goes on in every fork, and in the source, from the same place.
class ForkContinuesTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void aProcessStartedBeforeTheSnapshotContinuesInEveryFork() {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            var guest = Guest.of(base).startCounting();
            guest.sh(
                    "echo in-tmpfs > /dev/shm/file; mkdir -p /data; echo unflushed > /data/unflushed");
            guest.sh("setsid nc -ll -p 7000 -e echo served < /dev/null > /dev/null 2>&1 &");
            guest.sh("until nc 127.0.0.1 7000 < /dev/null | grep -q served; do usleep 20000; done");
            double uptime = uptime(guest);
            var before = guest.count();

            Snapshot snapshot = base.snapshot();
            try (var one = snapshot.restore("one");
                    var two = snapshot.restore("two")) {
                base.resume();
                var counts =
                        List.of(goesOn(one, before), goesOn(two, before), goesOn(base, before));

                var bootIds = new HashSet<String>();
                for (var each : List.of(one, two, base)) {
                    var fork = Guest.of(each);
                    assertThat(fork.sh("cat /dev/shm/file")).isEqualTo("in-tmpfs");
                    assertThat(fork.sh("cat /data/unflushed")).isEqualTo("unflushed");
                    assertThat(fork.sh("nc 127.0.0.1 7000 < /dev/null")).isEqualTo("served");
                    bootIds.add(fork.sh("cat /proc/sys/kernel/random/boot_id"));
                    assertThat(uptime(fork)).isBetween(uptime, uptime + 120);
                    assertThat(fork.number("tail -n 1 /root/open-file"))
                            .isGreaterThan(before.value());
                }
                assertThat(bootIds).hasSize(1);
                assertThat(counts).extracting(Guest.Count::token).containsOnly(before.token());
            }
        }
    }

    private static Guest.Count goesOn(Sandbox sandbox, Guest.Count before) {
        var guest = Guest.of(sandbox);
        var first = guest.count();
        var second = guest.countOn();
        assertThat(first.value()).isGreaterThanOrEqualTo(before.value());
        assertThat(second.value()).isGreaterThan(first.value());
        return second;
    }

    private static double uptime(Guest guest) {
        return Double.parseDouble(guest.sh("cut -d' ' -f1 /proc/uptime"));
    }

    @Test
    void theCounterStandsStillWhilePausedAndGoesOnAfterResume() throws InterruptedException {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            var guest = Guest.of(base).startCounting();
            long begun = System.nanoTime();
            var before = guest.count();
            base.snapshot();
            long paused = System.nanoTime();
            Thread.sleep(3000); // the counter would make a hundred steps in this time
            long resumed = System.nanoTime();
            base.resume();
            var after = guest.count();
            long ran = Duration.ofNanos(paused - begun + System.nanoTime() - resumed).toMillis();
            // A step takes 30 ms at least; the guest's clock may go faster than this one.
            assertThat(after.value() - before.value()).isBetween(0L, 20 + ran / 20);
            assertThat(guest.countOn().value()).isGreaterThan(after.value());
        }
    }

    @Test
    void aForkOfAForkOfAForkHasAllThatWasDoneBefore() {
        try (var base = MACHINES.stasis().create("g0", _ -> {})) {
            var token = Guest.of(base).startCounting().count().token();
            Sandbox current = base;
            for (int generation = 1; generation <= 4; generation++) {
                Guest.of(current)
                        .sh(
                                "echo %d >> /dev/shm/line; echo %d >> /root/line"
                                        .formatted(generation, generation));
                current = current.snapshot().restore("g" + generation);
            }
            var last = Guest.of(current);
            assertThat(last.sh("cat /dev/shm/line | tr '\\n' ' '")).isEqualTo("1 2 3 4");
            assertThat(last.sh("echo 3 > /proc/sys/vm/drop_caches; cat /root/line | tr '\\n' ' '"))
                    .isEqualTo("1 2 3 4");
            assertThat(last.count().token()).isEqualTo(token);
            assertThat(last.sh("hostname")).isEqualTo("g4");
            for (int generation = 4; generation >= 1; generation--) {
                MACHINES.stasis().sandbox("g" + generation).remove();
            }
        }
    }
}
