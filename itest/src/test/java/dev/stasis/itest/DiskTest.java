package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The size of a sandbox's disk.
class DiskTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final long GIBIBYTE = 1L << 30;

    @Test
    void aDiskHasTheSizeAskedForAndItsForksHaveItTooOrMore() {
        try (var base = MACHINES.stasis().create("base", s -> s.disk("6G"))) {
            assertThat(freeBytes(base)).isBetween(5 * GIBIBYTE, 6 * GIBIBYTE);
            assertThat(base.usage().disk().bytes()).isEqualTo(6 * GIBIBYTE);
            assertThat(base.usage().ownDisk().mebibytes()).isLessThan(64);
            fill(base, "/root/first", 300);
            var snapshot = base.snapshot();
            base.resume();
            fill(base, "/root/second", 50);
            try (var same = snapshot.restore("same");
                    var larger = snapshot.restoreWith("larger", r -> r.disk("40G"))) {
                assertThat(same.usage().disk().bytes()).isEqualTo(6 * GIBIBYTE);
                assertThat(freeBytes(larger)).isBetween(35 * GIBIBYTE, 40 * GIBIBYTE);
                assertThat(Guest.of(larger).sh("cd /root; md5sum -c first.md5"))
                        .isEqualTo("first: OK");
                fill(larger, "/root/third", 50);
                try (var fork = larger.snapshot().restore("fork")) {
                    assertThat(freeBytes(fork)).isBetween(35 * GIBIBYTE, 40 * GIBIBYTE);
                    assertThat(Guest.of(fork).sh("cd /root; md5sum -c first.md5 third.md5"))
                            .isEqualTo("first: OK\nthird: OK");
                }
            }
            assertThatThrownBy(() -> snapshot.restoreWith("smaller", r -> r.disk("5G")))
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_SIZE))
                    .hasMessageContaining("5G")
                    .hasMessageContaining("6G");
            assertThat(MACHINES.stasis().sandboxes()).hasSize(1);
        }
    }

    @Test
    void aLargeDiskTakesLittleUntilItIsFilled() {
        try (var base = MACHINES.stasis().create("base", s -> s.disk("100G"))) {
            assertThat(freeBytes(base)).isGreaterThan(90 * GIBIBYTE);
            assertThat(base.usage().ownDisk().mebibytes()).isLessThan(64);
        }
    }

    private static long freeBytes(Sandbox sandbox) {
        return 1024 * Guest.of(sandbox).number("df -k / | awk 'NR == 2 {print $4}'");
    }

    private static void fill(Sandbox sandbox, String file, int mebibytes) {
        Guest.of(sandbox)
                .sh(
                        "head -c %dM /dev/urandom > %s; cd /root; md5sum ${1:-%s} | sed 's,/root/,,' > %s.md5"
                                .formatted(mebibytes, file, file, file));
    }
}
