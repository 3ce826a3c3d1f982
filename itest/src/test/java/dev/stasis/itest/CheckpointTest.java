package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Snapshots of a sandbox that goes on by itself.
class CheckpointTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void aSandboxGoesOnByItselfAndEveryCheckpointIsOfOneInstant() throws Exception {
        try (var base = MACHINES.stasis().create("base", s -> s.memory("512M"))) {
            var guest = Guest.of(base).startCounting();
            guest.sh(WRITER);
            for (int round = 1; round <= 3; round++) {
                guest.sh("echo %d > /root/round; echo %d > /dev/shm/round".formatted(round, round));
                var before = guest.countOn();
                try (var checkpoint = base.checkpoint()) {
                    assertThat(base.info().state()).isEqualTo(SandboxState.RUNNING);
                    var after = guest.countOn();
                    assertThat(after.token()).isEqualTo(before.token());
                    try (var fork = checkpoint.restore("fork" + round)) {
                        var there = Guest.of(fork);
                        assertThat(there.sh("cat /root/round /dev/shm/round"))
                                .isEqualTo(round + "\n" + round);
                        assertThat(there.countOn().token()).isEqualTo(before.token());
                        assertPagesFit(fork);
                    }
                }
            }
            assertPagesFit(base);
        }
    }

    /// Writes a number all over a file in memory, and then the next one, line by line: at any
    /// instant there are at most two in it, one after the other.
    private static final String WRITER =
            """
            cat > /tmp/writer <<'END'
            echo $$ > /tmp/writer.pid
            n=100000
            while :; do
              n=$((n+1))
              yes "$n of a line that is as long as any other, so that few of them fill a page" | head -c 4000000 > /dev/shm/.next
              cat /dev/shm/.next 1<>/dev/shm/lines
            done
            END
            setsid sh /tmp/writer < /dev/null > /dev/null 2>&1 &
            until [ -s /dev/shm/lines ]; do usleep 1000; done
            """;

    private static void assertPagesFit(Sandbox sandbox) {
        var guest = Guest.of(sandbox);
        assertThat(guest.number("kill -STOP -$(cat /tmp/writer.pid); uniq /dev/shm/lines | wc -l"))
                .isBetween(1L, 4L); // a line may be cut where one number ends, and at the end
        guest.sh("kill -CONT -$(cat /tmp/writer.pid)");
    }

    @Test
    void aSnapshotAfterACheckpointHoldsWhatChangedSince() {
        try (var base = MACHINES.stasis().create("base", s -> s.memory("512M"))) {
            var guest = Guest.of(base);
            guest.sh(
                    "head -c 60000000 /dev/urandom > /dev/shm/large; md5sum /dev/shm/large > /tmp/sum");
            try (var first = base.checkpoint()) {
                guest.sh(
                        "head -c 3000000 /dev/urandom > /dev/shm/small; md5sum /dev/shm/small >> /tmp/sum");
                var second = base.snapshot();
                assertThat(second.info().bytesOnDisk()).isLessThan(first.info().bytesOnDisk());
                assertThat(base.info().state()).isEqualTo(SandboxState.PAUSED);
                var third = base.checkpoint(); // it stays paused
                assertThat(base.info().state()).isEqualTo(SandboxState.PAUSED);
                base.resume();
                assertThat(check(third, "third")).contains("small: OK");
                assertThat(check(first, "first")).doesNotContain("small");
            }
        }
    }

    private static String check(Snapshot snapshot, String name) {
        try (var fork = snapshot.restore(name)) {
            return Guest.of(fork).sh("md5sum -c /tmp/sum");
        }
    }

    @Test
    void whatTheKernelNotesIsForgottenByACaptureThatFails() throws IOException {
        try (var base = MACHINES.stasis().create("base", s -> s.memory("512M"))) {
            var guest = Guest.of(base);
            base.checkpoint();
            guest.sh("echo changed > /dev/shm/state");
            Files.deleteIfExists(
                    noted(base)); // as by a process that was killed while it took the next one
            guest.sh("echo more > /dev/shm/more");
            var snapshot = base.checkpoint();
            try (var fork = snapshot.restore("fork")) {
                assertThat(Guest.of(fork).sh("cat /dev/shm/state /dev/shm/more"))
                        .isEqualTo("changed\nmore");
            }
        }
    }

    private static Path noted(Sandbox sandbox) {
        return Leaks.runtimeFolder(MACHINES.home()).resolve(sandbox.id()).resolve("noted");
    }

    @Test
    void aSandboxIsCapturedAgainAndAgainWithFewFilesOpen() throws Exception {
        int many = 40;
        try (var base = MACHINES.stasis().create("base", s -> s.memory("512M"))) {
            var guest = Guest.of(base);
            var process = MachineProcess.await(MACHINES.home(), "base");
            for (int i = 1; i < many; i++) {
                guest.sh("echo %d > /root/%d; sync; echo %d > /dev/shm/%d".formatted(i, i, i, i));
                base.checkpoint().close();
                assertThat(process.openLayers()).as("after checkpoint " + i).isLessThan(24);
            }
            guest.sh("rm /root/7; echo more > /root/8");
            try (var last = base.checkpoint();
                    var fork = last.restore("fork")) {
                var all = "cd %s; ls | wc -l; cat 8 $(ls | sort -n) | md5sum";
                for (var folder : List.of("/root", "/dev/shm")) {
                    assertThat(Guest.of(fork).sh(all.formatted(folder)))
                            .isEqualTo(guest.sh(all.formatted(folder)));
                }
                assertThat(
                                Guest.of(fork)
                                        .sh(
                                                "cat /root/6 /root/8 /root/39; ls /root/7 2>&1 | wc -l"))
                        .isEqualTo("6\nmore\n39\n1");
            }
            assertThat(MACHINES.stasis().check()).isEmpty();
        }
    }
}
