package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What processes that are killed leave, and what others see of it.
class CrashTest {
    @TempDir Path temp;

    private Path root() {
        return temp.resolve("home");
    }

    @Test
    void whatInterruptedOperationsLeftIsRemovedAtTheNextOpen() throws Exception {
        var test = TestHome.open(root());
        test.booted("base");
        String id = test.snapshot("base");
        test.snapshots.saveNamed(id, "seeded");
        Path snapshots = test.home.snapshotsFolder();
        Path staging = Files.createDirectory(snapshots.resolve(".staging-aaaaaaaaaaaa"));
        Files.writeString(staging.resolve("ram.img"), "half");
        Files.createFile(staging.resolve("lock"));
        Files.createDirectory(snapshots.resolve(".staging-bbbbbbbbbbbb"));
        Files.createFile(test.home.namesFolder().resolve(".tmp-aaaaaaaaaaaa"));
        Files.createFile(test.home.pinsFolder().resolve(id + ".x"));
        Path made = Files.createDirectory(test.home.sandboxesFolder().resolve(".new-aaaaaaaaaaaa"));
        Files.createFile(made.resolve("sandbox.json"));
        Path trash = Files.createDirectory(test.home.trashFolder().resolve("x"));
        Files.createSymbolicLink(trash.resolve("link"), test.home.sandboxesFolder());

        var later = TestHome.open(root());

        assertThat(snapshots.toFile().list()).containsExactlyInAnyOrder("names", "pins", id);
        assertThat(test.home.namesFolder().toFile().list()).containsExactly("seeded");
        assertThat(test.home.pinsFolder()).isEmptyDirectory();
        assertThat(test.home.sandboxesFolder().toFile().list()).containsExactly("base");
        assertThat(test.home.trashFolder()).isEmptyDirectory();
        assertThat(later.snapshots.verify(id).snapshot().id()).isEqualTo(id);
    }

    @Test
    void anOpenLeavesTheWorkOfLivingProcessesAlone() throws Exception {
        var test = TestHome.open(root());
        var base = test.booted("base");
        String id = Ids.next();
        try (var staging = test.snapshots.begin(id)) {
            Path file = staging.file("devices", Part.MEMORY);
            Files.writeString(file, "x");
            Files.writeString(staging.file("disk.qcow2", Part.DISK), "y");
            TestHome.open(root());
            assertThat(file).exists();
            staging.publish(SnapshotManifest.of(id, base));
        }
        try (var _ = Pin.set(test.home, id)) {
            TestHome.open(root());
            assertThat(test.home.pinsFolder()).isNotEmptyDirectory();
        }
        TestHome.open(root());
        assertThat(test.snapshots.restorable(id)).isTrue();
    }

    @Test
    void aKilledProcessGivesItsLocksBackAndLeavesItsSandboxAsALeftover() throws Exception {
        var test = TestHome.open(root());
        test.booted("base");
        var process = forked("hold");
        try {
            var failure =
                    assertFails(
                            ErrorCode.BUSY,
                            () -> test.sandboxes.lock("base", "exec", Duration.ofMillis(100)));
            assertThat(failure).hasMessageContaining("process " + process.pid() + " (hold)");
            assertThat(test.sandboxes.leftovers()).isEmpty();
            assertThat(test.home.snapshotsFolder().toFile().list()).hasSize(3);
            TestHome.open(root());
            assertThat(test.home.snapshotsFolder().toFile().list()).hasSize(3);
        } finally {
            assertThat(process.destroyForcibly().waitFor(2, TimeUnit.MINUTES)).isTrue();
        }
        test.sandboxes.lock("base", "exec", Duration.ofSeconds(5)).close();
        var later = TestHome.open(root());
        assertThat(later.home.snapshotsFolder().toFile().list())
                .containsExactlyInAnyOrder("names", "pins");
        try (var leftover = later.sandboxes.leftovers().getFirst()) {
            assertThat(leftover.name()).isEqualTo("half");
        }
    }

    @Test
    void twoProcessesWorkOnOneHome() throws Exception {
        var test = TestHome.open(root());
        var processes = new Process[] {forked("work", "p"), forked("work", "q")};
        for (int i = 0; i < 15; i++) {
            cycle(test, "own");
            TestHome.open(root());
        }
        for (var process : processes) {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
        assertThat(test.home.sandboxesFolder()).isEmptyDirectory();
        assertThat(test.home.namesFolder()).isEmptyDirectory();
        assertThat(test.home.trashFolder()).isEmptyDirectory();
        assertThat(test.home.snapshotsFolder().toFile().list()).hasSize(2);
    }

    /// On a real small disk, mounted in a name space of its own.
    @Test
    void aReallyFullDiskLosesNothingAndCanBeEmptied() throws Exception {
        Files.createDirectory(temp.resolve("small"));
        var command = new ArrayList<String>(List.of("unshare", "--mount"));
        if (!System.getProperty("user.name").equals("root")) {
            command.add("--map-root-user");
        }
        command.addAll(List.of("sh", "-c"));
        command.add(
                "mount -t tmpfs -o size=512k none '%s' && exec \"$@\""
                        .formatted(temp.resolve("small")));
        command.add("sh");
        command.addAll(command(temp.resolve("small/home"), "fill"));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();

        assertThat(said).contains("emptied");
    }

    /// Takes snapshots until there is no space, and then removes everything.
    private static void fill(TestHome test) {
        test.booted("base");
        var named = new ArrayList<String>();
        StasisException full = null;
        for (int i = 0; full == null; i++) {
            try {
                String id = test.snapshot("base");
                test.snapshots.saveNamed(id, "n" + i);
                named.add("n" + i);
            } catch (StasisException e) {
                full = e;
            } catch (UncheckedIOException e) {
                full =
                        Failures.of(
                                "Writing a file of the test", Objects.requireNonNull(e.getCause()));
            }
        }
        assertThat(full.code()).as(full.toString()).isEqualTo(ErrorCode.DISK_FULL);
        var later = TestHome.open(test.home.root());
        for (String name : named) {
            later.snapshots.verify(later.snapshots.resolve(name).id());
        }
        named.forEach(later.snapshots::delete);
        later.remove("base");
        assertThat(later.home.trashFolder()).isEmptyDirectory();
        assertThat(later.home.snapshotsFolder().toFile().list()).hasSize(2);
        cycle(later, "again");
        System.out.println("emptied after " + named.size());
    }

    private static void cycle(TestHome test, String name) {
        test.booted(name);
        String id = test.snapshot(name);
        test.snapshots.saveNamed(id, name);
        test.forked(name + "-fork", id);
        test.remove(name);
        test.snapshots.delete(name);
        if (!test.hasMemory(id)) {
            throw new AssertionError("The base of a fork is gone");
        }
        test.remove(name + "-fork");
        if (test.has(id)) {
            throw new AssertionError("A snapshot that nobody needs is left");
        }
    }

    private Process forked(String... what) throws Exception {
        var process =
                new ProcessBuilder(command(root(), what))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var said =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertThat(said.readLine()).isEqualTo("ready");
        return process;
    }

    private static List<String> command(Path root, String... what) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-cp");
        command.add(TestHome.classPath());
        command.add(Forked.class.getName());
        command.add(root.toString());
        command.addAll(List.of(what));
        return command;
    }

    /// Another process on the same home.
    static final class Forked {
        private Forked() {}

        public static void main(String[] args) throws Exception {
            var test = TestHome.open(Path.of(args[0]));
            if (args[1].equals("fill")) {
                fill(test);
                return;
            }
            if (args[1].equals("work")) {
                System.out.println("ready");
                for (int i = 0; i < 15; i++) {
                    cycle(test, args[2]);
                }
                return;
            }
            var lock = test.sandboxes.lock("base", "hold", Duration.ofSeconds(5));
            var half = test.sandboxes.create(SandboxRecord.of("half", TestHome.SETUP));
            var staging = test.snapshots.begin(Ids.next());
            System.out.println("ready");
            Thread.sleep(Duration.ofMinutes(10));
            staging.close();
            half.close();
            lock.close();
        }
    }
}
