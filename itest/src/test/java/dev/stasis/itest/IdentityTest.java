package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// No process in a fork ever acts with the identity of the source.
class IdentityTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    /// Reads the kernel's generator in a loop, in a process that a capture finds running; each line
    /// is one read, stamped with a serial number.
    private static final String READER =
            """
            n=0
            while :; do
              n=$((n+1))
              v=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \\n')
              echo "$n $v $(hostname)" >> /dev/shm/reads
            done
            """;

    @Test
    void twoForksNeverReadTheSameBytesFromTheKernelsGenerator() {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            var guest = Guest.of(base);
            guest.sh(
                    "cat > /tmp/reader <<'END'\n"
                            + READER
                            + "END\nsetsid sh /tmp/reader < /dev/null > /dev/null 2>&1 &");
            guest.sh("until [ $(wc -l < /dev/shm/reads) -ge 20 ]; do usleep 10000; done");
            var snapshot = base.snapshot();
            try (var a = snapshot.restore("a");
                    var b = snapshot.restore("b")) {
                base.resume();
                var all = List.of(base, a, b);
                for (var each : all) {
                    Guest.of(each)
                            .sh(
                                    "c=$(wc -l < /dev/shm/reads); until [ $(wc -l < /dev/shm/reads) -ge $((c+40)) ]; do usleep 10000; done");
                }
                long captured = commonReads(a, b);
                var afterwards = all.stream().map(s -> valuesAfter(s, captured)).toList();
                var seen = new HashSet<String>();
                for (var values : afterwards) {
                    assertThat(values)
                            .hasSizeGreaterThan(20)
                            .allSatisfy(v -> assertThat(seen.add(v)).as(v).isTrue());
                }
            }
        }
    }

    /// How many reads were complete in the captured memory: the lines that both forks share. The
    /// one that stood between the generator and the file at that moment belongs to the past as
    /// well.
    private static long commonReads(Sandbox a, Sandbox b) {
        var left = Guest.of(a).sh("cat /dev/shm/reads").lines().toList();
        var right = Guest.of(b).sh("cat /dev/shm/reads").lines().toList();
        int same = 0;
        while (left.get(same).equals(right.get(same))) {
            same++;
        }
        assertThat(left.get(same - 1)).endsWith(" base");
        return same + 1L;
    }

    private static List<String> valuesAfter(Sandbox sandbox, long serial) {
        return Guest.of(sandbox)
                .sh("cat /dev/shm/reads")
                .lines()
                .map(line -> line.split(" "))
                .filter(parts -> Long.parseLong(parts[0]) > serial)
                .map(parts -> parts[1])
                .toList();
    }

    @Test
    void noLineIsWrittenUnderTheSourcesNameAfterTheFork() {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            Guest.of(base)
                    .sh(
                            "setsid sh -c 'while :; do hostname >> /dev/shm/names; done' < /dev/null > /dev/null 2>&1 &");
            var snapshot = base.snapshot();
            try (var fork = snapshot.restore("fork")) {
                Guest.of(fork).sh("until grep -q fork /dev/shm/names; do usleep 10000; done");
                var names = Guest.of(fork).sh("uniq /dev/shm/names").lines().toList();
                assertThat(names).isIn(List.of("base", "fork"), List.of("fork"));
                assertThat(Arrays.asList(fork.exec("hostname").orThrow().stdout().strip()))
                        .containsExactly("fork");
            }
        }
    }

    @Test
    void theClockIsRightToASecondAfterRestoreAndResume() throws InterruptedException {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            assertClockIsRight(base);
            var snapshot = base.snapshot();
            Thread.sleep(
                    5000); // the snapshot grows old; a clock that was not set would lag by this
            try (var fork = snapshot.restore("fork")) {
                assertClockIsRight(fork);
            }
            base.resume();
            assertClockIsRight(base);
        }
    }

    private static void assertClockIsRight(Sandbox sandbox) {
        var before = Instant.now();
        long seconds = Guest.of(sandbox).number("date +%s");
        var after = Instant.now();
        assertThat(seconds).isBetween(before.getEpochSecond() - 1, after.getEpochSecond() + 1);
    }
}
