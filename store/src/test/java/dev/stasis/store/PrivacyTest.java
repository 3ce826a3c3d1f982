package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// RAM images hold secrets: nobody else can read a home.
class PrivacyTest {
    @TempDir(factory = QuickFolder.class)
    Path temp;

    private Path home() {
        return temp.resolve("home");
    }

    /// What others can do something with.
    private List<Path> open() throws IOException {
        try (var all = Files.walk(home())) {
            return all.filter(path -> !isMachines(path)).filter(PrivacyTest::isOpen).toList();
        }
    }

    /// The disks of sandboxes are written by these tests, not by the store.
    private boolean isMachines(Path path) {
        return home().relativize(path).startsWith("sandboxes")
                && path.toString().endsWith(".qcow2");
    }

    private static boolean isOpen(Path path) {
        try {
            var mode = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
            return !PosixFilePermissions.toString(mode).endsWith("------");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everythingIsClosedToOthersThoughTheProcessWouldLeaveItOpen() throws Exception {
        LifeProcess.prepare(temp);
        var command = new ArrayList<>(List.of("sh", "-c", "umask 0; exec \"$@\"", "sh"));
        command.addAll(LifeProcess.command(temp, "open", 5, Duration.ofSeconds(2)));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();

        assertThat(TestHome.open(home()).snapshots.list()).isNotEmpty();
        assertThat(open()).isEmpty();
    }

    @Test
    void whatWasOpenedIsFoundAndClosedAgain() throws Exception {
        var world = new World(TestHome.open(home()), World.Journal.NONE);
        world.boot("base");
        String id = world.capture("base");
        world.save(id, Saving.as("kept"));
        Path ram = world.test.home.snapshotFolder(id).resolve("ram.img");
        Files.setPosixFilePermissions(ram, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(home(), PosixFilePermissions.fromString("rwxr-xr-x"));

        var test = TestHome.open(home());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home())))
                .isEqualTo("rwx------");
        assertThat(test.home.check())
                .singleElement()
                .matches(finding -> finding.outcome() == Finding.Outcome.FOUND)
                .matches(finding -> finding.subject().endsWith("ram.img"));
        test.home.repair();
        assertThat(open()).isEmpty();
        assertThat(test.home.check()).isEmpty();
    }
}
