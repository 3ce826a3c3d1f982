package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Snapshots that earlier versions made, see `src/test/corpus/README.md`, are restored, by the
/// distribution's QEMU and by a newer one.
class CorpusTest {
    private static final Path CORPUS = Path.of("src", "test", "corpus");

    @TempDir Path folder;
    private Path home;

    /// A QEMU that restores.
    enum Program {
        DISTRIBUTION,
        BACKPORTS;

        /// A JVM that uses it. What the corpus holds was captured under emulation.
        OtherJvm on(Path home) {
            var jvm = OtherJvm.on(home).env("STASIS_ACCEL", "tcg");
            return this == DISTRIBUTION ? jvm : jvm.env("STASIS_QEMU", backports().toString());
        }

        private static Path backports() {
            var program = Path.of("..", "target", "backports", "qemu-system-x86_64");
            assertThat(program)
                    .as("the QEMU of Debian's backports, which build/backports-qemu.sh puts there")
                    .isExecutable();
            return program.toAbsolutePath().normalize();
        }
    }

    @BeforeEach
    void makeHome() throws IOException {
        home = Files.createTempDirectory("stasis-itest-");
    }

    @AfterEach
    void leaveNothing() throws IOException {
        var left = Leaks.of(home);
        Files.walkFileTree(home, new DeleteAll());
        left.failUnlessLike(Leaks.NONE);
    }

    @ParameterizedTest
    @EnumSource
    void aHomeOfAnEarlierVersionIsOpenedAndItsSnapshotsGoOn(Program program) throws Exception {
        for (var packed : packed(".tar.zst")) {
            unpack(packed);
            assertThat(program.on(home).run(GoOn.class)).contains("all went on");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anArchiveOfAnEarlierVersionIsImportedAndItsSnapshotGoesOn(Program program)
            throws Exception {
        for (var archive : packed(".stasis")) {
            assertThat(program.on(home).run(ImportAndGoOn.class, archive.toString()))
                    .contains("went on");
        }
    }

    static final class ImportAndGoOn {
        public static void main(String[] args) {
            try (var stasis = Stasis.open()) {
                stasis.importSnapshot(
                        Path.of(args[0]),
                        s ->
                                s.notices(notice -> {
                                    throw new AssertionError(notice);
                                }));
                GoOn.goOn(stasis, "delta", "booted", "child", "grandchild");
            }
            System.out.println("went on");
        }
    }

    private static List<Path> packed(String suffix) throws IOException {
        try (var files = Files.list(CORPUS)) {
            var found = files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
            assertThat(found).isNotEmpty();
            return found;
        }
    }

    private void unpack(Path packed) throws Exception {
        var tar =
                new ProcessBuilder("tar", "--zstd", "-xf", packed.toString(), "-C", home.toString())
                        .inheritIO()
                        .start();
        assertThat(tar.waitFor()).as("tar --zstd -xf " + packed).isZero();
    }

    /// Restores each snapshot, and captures and restores what comes of it; at the end it deletes
    /// them all.
    static final class GoOn {
        public static void main(String[] args) {
            try (var stasis = Stasis.open()) {
                stasis.verifySnapshots(_ -> {})
                        .forEach(found -> {
                            throw new AssertionError(found.toString());
                        });
                goOn(stasis, "flat", "booted");
                goOn(stasis, "delta", "booted", "child", "grandchild");
                if (!stasis.snapshots().isEmpty()) {
                    throw new AssertionError("there are more: " + stasis.snapshots());
                }
            }
            System.out.println("all went on");
        }

        private static void goOn(Stasis stasis, String name, String... line) {
            try (var fork = stasis.snapshot(name).restore("of-" + name)) {
                check(fork, line);
                fork.snapshot().saveNamed(name + "-again");
            }
            try (var fork = stasis.snapshot(name + "-again").restore("again")) {
                check(fork, line);
            }
            stasis.deleteSnapshot(name);
            stasis.deleteSnapshot(name + "-again");
        }

        private static void check(Sandbox fork, String... line) {
            var guest = Guest.of(fork);
            guest.sh("echo 3 > /proc/sys/vm/drop_caches");
            for (var kind : List.of("memory", "disk")) {
                var file = kind.equals("memory") ? "/dev/shm/memory" : "/root/disk";
                var expected =
                        String.join(
                                "\n", List.of(line).stream().map(s -> kind + "-of-" + s).toList());
                if (!guest.sh("cat " + file).equals(expected)) {
                    throw new AssertionError(file + ": " + guest.sh("cat " + file));
                }
            }
            guest.sh(
                    "n=$(cat /dev/shm/count); until [ $(cat /dev/shm/count) -gt $n ]; do usleep 10000; done");
        }
    }

    /// What a newer QEMU captures, it restores; its RAM images are opened without the right to
    /// write, and the older one is refused.
    @Test
    void whatTheBackportsQemuCapturesGoesOnThere() throws Exception {
        assertThat(Program.BACKPORTS.on(home).run(Capture.class)).contains("captured");
        try (var files = Files.walk(home.resolve("snapshots"))) {
            var images = files.filter(file -> file.endsWith("ram.img")).toList();
            assertThat(images)
                    .isNotEmpty()
                    .allSatisfy(image ->
                            assertThat(
                                            PosixFilePermissions.toString(
                                                    Files.getPosixFilePermissions(image)))
                                    .isEqualTo("r--------"));
        }
        var archive = folder.resolve("kept.stasis").toString();
        assertThat(Program.BACKPORTS.on(home).run(Travel.class, archive)).contains("went on");
    }

    static final class Capture {
        public static void main(String[] args) {
            try (var stasis = Stasis.open()) {
                try (var base = stasis.create("base", s -> s.memory("256M"))) {
                    Guest.of(base).startCounting();
                    base.snapshot().saveNamed("first");
                }
                try (var child = stasis.snapshot("first").restore("child")) {
                    Guest.of(child).countOn();
                    child.snapshot().saveNamed("second");
                }
            }
            System.out.println("captured");
        }
    }

    static final class Travel {
        public static void main(String[] args) {
            try (var stasis = Stasis.open()) {
                var archive = Path.of(args[0]);
                stasis.snapshot("second").exportTo(archive, _ -> {});
                stasis.deleteSnapshot("second");
                stasis.deleteSnapshot("first");
                goOn(stasis.importSnapshot(archive, _ -> {}));
                stasis.deleteSnapshot("second");
            }
            System.out.println("went on");
        }

        private static void goOn(Snapshot snapshot) {
            try (var fork = snapshot.restore("fork")) {
                Guest.of(fork).countOn();
            }
        }
    }
}
