package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.SnapshotInfo;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A long line of snapshots of one sandbox.
class HistoryTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final int LENGTH = 18;

    private static final String DIGESTS = "cat /dev/shm/data | md5sum; cat /root/data | md5sum";

    /// The disk is really read.
    private static final String DROP_CACHES = "sync; echo 3 > /proc/sys/vm/drop_caches; ";

    private final Map<String, String> expected = new HashMap<>();

    @Test
    void everySnapshotOfALongLineIsRightThoughOthersAreDeletedAndFolded() throws Exception {
        try (var source = MACHINES.stasis().create("line", s -> s.memory("256M"))) {
            for (int i = 1; i <= LENGTH; i++) {
                capture(source, i);
            }
            assertLineage();
            assertSmall();
            assertRight("s1", "s9", "s" + LENGTH);

            long before = bytes();
            for (int i : new int[] {3, 4, 5, 12, 17}) {
                MACHINES.stasis().deleteSnapshot("s" + i);
            }
            assertThat(bytes()).isLessThan(before - (4 << 20));
            assertRight("s1", "s2", "s6", "s11", "s13", "s" + LENGTH);

            // The source still lies on what was folded beneath it.
            capture(source, LENGTH + 1);
            assertRight("s" + (LENGTH + 1));
        }
        for (var name : expected.keySet().toArray(String[]::new)) {
            if (!name.equals("s13")
                    && MACHINES.stasis().snapshots().stream().anyMatch(named(name))) {
                MACHINES.stasis().deleteSnapshot(name);
            }
        }
        assertRight("s13");
        MACHINES.stasis().deleteSnapshot("s13");
    }

    /// Fills a part of a file in memory and of one on disk, each time another part, which overlaps
    /// that of the time before.
    private static String change(int number) {
        return """
        for f in /dev/shm/data /root/data; do
          dd if=/dev/urandom of=$f bs=64k count=48 seek=%d conv=notrunc
        done 2>/dev/null
        sync
        """
                .formatted(number * 16);
    }

    @Test
    void aSnapshotThatIsRestoredAgainIsMappedFromOneFlatImage() throws Exception {
        try (var source = MACHINES.stasis().create("source", s -> s.memory("256M"))) {
            source.snapshot().saveNamed("first");
            source.resume();
            var guest = Guest.of(source);
            guest.sh("dd if=/dev/urandom of=/dev/shm/data bs=1M count=20; touch /root/data");
            expected.put("often", guest.sh(DIGESTS));
            var snapshot = source.snapshot().saveNamed("often");
            var cached = MACHINES.home().resolve("cache/memory/" + snapshot.id() + "/ram.img");

            var once = ownMemory("often");
            assertThat(cached).doesNotExist();
            ownMemory("often");
            assertThat(cached).exists();
            var again = ownMemory("often");
            assertThat(again).isLessThan(once - (12 << 20));
            assertThat(snapshot.info().bytesOnDisk().mebibytes()).isGreaterThan(40);

            try (var file = FileChannel.open(cached, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(new byte[1 << 20]), 20 << 20);
            }
            ownMemory("often"); // made again, since it is not what was made

            MACHINES.stasis().deleteSnapshot("often");
            assertThat(cached).doesNotExist();
            MACHINES.stasis().deleteSnapshot("first");
        }
    }

    /// What a fork of a snapshot has of its own in memory, in bytes; it is right.
    private long ownMemory(String name) {
        try (var fork = MACHINES.stasis().snapshot(name).restore()) {
            assertThat(Guest.of(fork).sh(DIGESTS)).isEqualTo(expected.get(name));
            long bytes = fork.usage().ownMemory().bytes();
            try (var second = fork.snapshot();
                    var again = second.restore()) {
                assertThat(Guest.of(again).sh(DIGESTS)).isEqualTo(expected.get(name));
            }
            return bytes;
        }
    }

    private void capture(Sandbox source, int number) {
        var guest = Guest.of(source);
        guest.sh(change(number));
        expected.put("s" + number, guest.sh(DIGESTS));
        source.snapshot().saveNamed("s" + number);
        source.resume();
    }

    private void assertRight(String... names) {
        for (var name : names) {
            try (var fork = MACHINES.stasis().snapshot(name).restore("fork-of-" + name)) {
                assertThat(Guest.of(fork).sh(DROP_CACHES + DIGESTS))
                        .as(name)
                        .isEqualTo(expected.get(name));
                // A fork's own snapshot is right too.
                fork.exec("sh", "-c", "echo more >> /dev/shm/data").orThrow();
                try (var second = fork.snapshot();
                        var again = second.restore("again")) {
                    assertThat(Guest.of(again).sh("tail -n 1 /dev/shm/data")).endsWith("more");
                }
            }
        }
    }

    private static void assertLineage() {
        var byName = new TreeMap<String, SnapshotInfo>();
        MACHINES.stasis().snapshots().forEach(info -> byName.put(info.name().orElseThrow(), info));
        assertThat(byName).hasSize(LENGTH);
        assertThat(byName.get("s1").parent()).isEmpty();
        for (int i = 2; i <= LENGTH; i++) {
            assertThat(byName.get("s" + i).parent())
                    .isEqualTo(Optional.of(byName.get("s" + (i - 1)).id()));
        }
    }

    /// Each takes about what changed, and not what changed since the first, but for the one into
    /// which the layers of those before it were folded.
    private static void assertSmall() {
        var infos = MACHINES.stasis().snapshots();
        assertThat(infos.stream().filter(info -> info.bytesOnDisk().mebibytes() >= 24))
                .as(infos.toString())
                .hasSizeLessThanOrEqualTo(1);
    }

    private static long bytes() throws IOException {
        long bytes = 0;
        try (var files = Files.walk(MACHINES.home().resolve("snapshots"))) {
            for (var file : files.filter(Files::isRegularFile).toArray(Path[]::new)) {
                bytes += SparseFiles.dataBytes(file);
            }
        }
        return bytes;
    }

    private static Predicate<SnapshotInfo> named(String name) {
        return info -> info.name().equals(Optional.of(name));
    }
}
