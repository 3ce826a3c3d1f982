package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import dev.stasis.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// Snapshots travel to another home, as they would to another computer.
class ArchiveTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @TempDir Path folder;
    private Path elsewhere;
    private Stasis there;

    @BeforeEach
    void openAnotherHome() throws IOException {
        elsewhere = Files.createTempDirectory("stasis-itest-");
        there = Stasis.open(elsewhere);
    }

    @AfterEach
    void leaveNothing() throws IOException {
        there.close();
        var left = Leaks.of(elsewhere);
        Files.walkFileTree(elsewhere, new DeleteAll());
        left.failUnlessLike(Leaks.NONE);
    }

    @Test
    void aForkOfAForkGoesOnInAnotherHomeThroughTheStreamsOfTheCommandLine() throws Exception {
        Guest.Count counted;
        try (var base = MACHINES.stasis().create("base", s -> s.memory("256M"))) {
            Guest.of(base).startCounting().sh("echo of-base > /root/file");
            base.snapshot().saveNamed("first", s -> s.label("stage", "one"));
        }
        try (var child = MACHINES.stasis().snapshot("first").restore("child")) {
            counted = Guest.of(child).countOn();
            Guest.of(child).sh("echo of-child >> /root/file; echo kept > /dev/shm/child");
            child.snapshot().saveNamed("second");
        }
        pipe("first");
        var rest = folder.resolve("rest.stasis");
        MACHINES.stasis().snapshot("second").exportTo(rest, s -> s.since("first"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(rest)))
                .isEqualTo("rw-------");
        assertThat(there.importSnapshot(rest, s -> s.as("later")).id())
                .isEqualTo(MACHINES.stasis().snapshot("second").id());
        MACHINES.stasis().deleteSnapshot("second");
        MACHINES.stasis().deleteSnapshot("first");
        assertThatThrownBy(() -> MACHINES.stasis().importSnapshot(rest, _ -> {}))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.SNAPSHOT_NOT_FOUND));

        assertThat(there.snapshot("first").info().labels()).containsEntry("stage", "one");
        there.deleteSnapshot("first");
        try (var fork = there.snapshot("later").restore("fork")) {
            var guest = Guest.of(fork);
            assertThat(guest.countOn().token()).isEqualTo(counted.token());
            assertThat(guest.count().value()).isGreaterThan(counted.value());
            assertThat(guest.sh("echo 3 > /proc/sys/vm/drop_caches; cat /root/file"))
                    .isEqualTo("of-base\nof-child");
            assertThat(guest.sh("cat /dev/shm/child; hostname")).isEqualTo("kept\nfork");
            try (var next = fork.snapshot().restore("next")) {
                assertThat(Guest.of(next).countOn().token()).isEqualTo(counted.token());
            }
        }
        assertThat(there.check()).isEmpty();
        there.deleteSnapshot("later");
    }

    private void pipe(String snapshot) throws Exception {
        var from =
                OtherJvm.on(MACHINES.home())
                        .prepared(Main.class, "snapshots", "export", snapshot, "-");
        var to = OtherJvm.on(elsewhere).prepared(Main.class, "snapshots", "import", "-");
        var said = folder.resolve("said").toFile();
        from.redirectError(ProcessBuilder.Redirect.appendTo(said));
        to.redirectError(ProcessBuilder.Redirect.appendTo(said));
        to.redirectOutput(folder.resolve("id").toFile());
        for (var process : ProcessBuilder.startPipeline(List.of(from, to))) {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(said.toPath())).isZero();
        }
        assertThat(Files.readString(folder.resolve("id")).strip())
                .isEqualTo(there.snapshot(snapshot).id());
    }

    @Test
    void theImageGoesAlongOrHasToBeThere() throws Exception {
        var tar = busyboxAsTar();
        try (var base = MACHINES.stasis().create("base", s -> s.image(tar).memory("256M"))) {
            Guest.of(base).sh("echo kept > /dev/shm/x");
            base.snapshot().saveNamed("kept");
        }
        var without = folder.resolve("without.stasis");
        var with = folder.resolve("with.stasis");
        MACHINES.stasis().snapshot("kept").exportTo(without, _ -> {});
        MACHINES.stasis().snapshot("kept").exportTo(with, s -> s.withImage());
        MACHINES.stasis().deleteSnapshot("kept");

        assertThatThrownBy(() -> there.importSnapshot(without, _ -> {}))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND))
                .hasMessageContaining(tar)
                .hasMessageContaining("--with-image");
        assertThat(there.snapshots()).isEmpty();
        there.importSnapshot(with, _ -> {});
        try (var fork = there.snapshot("kept").restore("fork")) {
            assertThat(Guest.of(fork).sh("echo 3 > /proc/sys/vm/drop_caches; cat /dev/shm/x"))
                    .isEqualTo("kept");
        }
        there.deleteSnapshot("kept");
        there.importSnapshot(without, s -> s.as("again")); // the image is here now
        there.deleteSnapshot("again");

        MACHINES.stasis().importSnapshot(without, _ -> {});
        try (var fork = MACHINES.stasis().snapshot("kept").restore("fork")) {
            assertThat(Guest.of(fork).sh("cat /dev/shm/x")).isEqualTo("kept");
        }
        MACHINES.stasis().deleteSnapshot("kept");
    }

    /// An image that is not built in.
    private String busyboxAsTar() throws Exception {
        MACHINES.stasis().create("for-its-files", s -> s.memory("256M")).close();
        try (var files = Files.walk(MACHINES.home().resolve("boot"))) {
            var root = files.filter(f -> f.endsWith("busybox.sqfs")).findFirst().orElseThrow();
            var tar = folder.resolve("image.tar");
            var process =
                    new ProcessBuilder("sqfs2tar", root.toString())
                            .redirectOutput(tar.toFile())
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            assertThat(process.waitFor()).isZero();
            return tar.toString();
        }
    }

    @Test
    void anImportThatIsKilledLeavesNothing() throws Exception {
        var archive = folder.resolve("kept.stasis");
        try (var base = MACHINES.stasis().create("base", s -> s.memory("256M"))) {
            Guest.of(base).sh("head -c 30000000 /dev/urandom > /dev/shm/noise");
            base.snapshot().exportTo(archive, s -> s.as("kept"));
        }
        byte[] bytes = Files.readAllBytes(archive);
        for (int part = 1; part <= 4; part++) {
            try (var other = OtherJvm.on(elsewhere).start(Main.class, "snapshots", "import", "-")) {
                other.input().write(bytes, 0, bytes.length / 4 * part - 1);
                other.input().flush();
                Eventually.is(
                        Duration.ofMinutes(2), "the import has begun", () -> !staged().isEmpty());
                other.kill();
            }
            Stasis.open(elsewhere).close();
            Leaks.of(elsewhere).failUnlessLike(Leaks.NONE);
        }
        there.importSnapshot(archive, _ -> {});
        there.snapshot("kept").restore("fork").close();
        there.deleteSnapshot("kept");
    }

    private List<Path> staged() throws IOException {
        try (var files = Files.list(elsewhere.resolve("snapshots"))) {
            return files.filter(f -> f.getFileName().toString().startsWith(".staging-")).toList();
        }
    }
}
