package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stasis.ErrorCode;
import dev.stasis.ImageProgress;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What happens when something else goes wrong during an import.
class ImportFaultTest {
    @TempDir Path temp;
    private Path folder;
    private Path tar;

    @BeforeEach
    void prepare() throws Exception {
        folder = Files.createDirectory(temp.resolve("images"));
        tar = TestTar.begin().file("f", "x".repeat(300_000)).write(temp.resolve("root.tar"));
    }

    private StasisException failure(String program, Duration atMost) {
        var images = ImageStore.open(folder, ImageLimits.USUAL, program);
        return catchThrowableOfType(
                StasisException.class, () -> images.importTar(tar, atMost, step -> {}));
    }

    private String script(String text) throws Exception {
        Path script = temp.resolve("program-" + System.nanoTime());
        Files.writeString(script, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script.toString();
    }

    private void assertNothingIsLeft() throws Exception {
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
    }

    @Test
    void withoutTheProgramTheErrorSaysWhatToInstall() throws Exception {
        var failure = failure("no-such-program", Duration.ofMinutes(1));

        assertThat(failure.code()).isEqualTo(ErrorCode.PROGRAM_MISSING);
        assertThat(failure).hasMessageContaining("apt-get install squashfs-tools-ng");
        assertNothingIsLeft();
    }

    @Test
    void whatTheProgramSaysIsInTheError() throws Exception {
        var failure = failure(script("echo cannot do this >&2; exit 3"), Duration.ofMinutes(1));

        assertThat(failure.code()).isEqualTo(ErrorCode.IO_FAILED);
        assertThat(failure).hasMessageContaining("exit code 3").hasMessageContaining("cannot do");
        assertNothingIsLeft();
    }

    @Test
    void aFullDiskIsNamed() throws Exception {
        String full = script("cat > /dev/null; echo out.sqfs: No space left on device >&2; exit 1");
        var failure = failure(full, Duration.ofMinutes(1));

        assertThat(failure.code()).isEqualTo(ErrorCode.DISK_FULL);
        assertNothingIsLeft();
    }

    /// On a real small disk, mounted in a name space of its own.
    @Test
    void aReallyFullDiskIsNamed() throws Exception {
        byte[] noise = new byte[3 << 20];
        new java.util.Random(5).nextBytes(noise);
        Files.write(tar, TestTar.begin().entry('0', "f", "", noise.length).content(noise).finish());
        var command = new ArrayList<String>(List.of("unshare", "--mount"));
        if (!System.getProperty("user.name").equals("root")) {
            command.add("--map-root-user");
        }
        command.addAll(List.of("sh", "-c"));
        command.add("mount -t tmpfs -o size=1m none '%s' && exec \"$@\"".formatted(folder));
        command.add("sh");
        command.addAll(forkedCommand("tar2sqfs"));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();

        assertThat(said).contains("the disk is full");
    }

    @Test
    void aProgramThatHangsIsEndedAtTheDeadline() throws Exception {
        for (String hang : List.of("exec sleep 600", "cat > /dev/null; exec sleep 600")) {
            var failure = failure(script(hang), Duration.ofMillis(700));

            assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            assertThat(failure).hasMessageContaining("within PT0.7S");
            assertNothingIsLeft();
        }
    }

    @Test
    void aListenerThatThrowsEndsTheImportAndTheProgram() throws Exception {
        var images = ImageStore.open(folder);
        assertThatThrownBy(() ->
                        images.importTar(
                                tar,
                                Duration.ofMinutes(1),
                                step -> {
                                    if (step.step() == ImageProgress.Step.BUILDING) {
                                        throw new IllegalStateException("no more");
                                    }
                                }))
                .hasMessage("no more");
        assertNothingIsLeft();
    }

    @Test
    void aTarThatChangesMeanwhileIsRefused() throws Exception {
        var images = ImageStore.open(folder);
        byte[] other = TestTar.begin().file("f", "y".repeat(300_000)).finish();
        assertThatThrownBy(() ->
                        images.importTar(
                                tar,
                                Duration.ofMinutes(1),
                                step -> {
                                    if (step.step() == ImageProgress.Step.CHECKING) {
                                        overwrite(other);
                                    }
                                }))
                .isInstanceOf(StasisException.class)
                .hasMessageContaining("was changed while");
        assertNothingIsLeft();
    }

    private void overwrite(byte[] content) {
        try {
            Files.write(tar, content);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whatAKilledImportLeftIsRemovedAtTheNextOpen() throws Exception {
        var process = forkedImport(script("cat > /dev/null; exec sleep 600"));
        try {
            awaitBuilding();
        } finally {
            assertThat(process.destroyForcibly().waitFor(2, TimeUnit.MINUTES)).isTrue();
        }
        try (var left = Files.list(folder)) {
            assertThat(left).isNotEmpty();
        }

        var images = ImageStore.open(folder);

        assertNothingIsLeft();
        assertThat(images.list()).isEmpty();
        assertThat(images.importTar(tar, Duration.ofMinutes(1), step -> {}).root()).exists();
    }

    @Test
    void anOpenLeavesImportsOfOthersAlone() throws Exception {
        Path building = Files.createDirectory(folder.resolve(".building-" + "0".repeat(64)));
        Path lock = folder.resolve(".lock-" + "0".repeat(64));
        try (var _ = Flock.tryLock(lock, Flock.Mode.EXCLUSIVE).orElseThrow()) {
            ImageStore.open(folder);
            assertThat(building).exists();
        }
        ImageStore.open(folder);
        assertThat(building).doesNotExist();
        assertThat(lock).doesNotExist();
    }

    @Test
    void oneThatWaitsInVainForAnotherImportSaysSo() throws Exception {
        var images = ImageStore.open(folder);
        String digest = TarSource.open(tar).digest(done -> {});
        try (var _ =
                Flock.tryLock(folder.resolve(".lock-" + digest), Flock.Mode.EXCLUSIVE)
                        .orElseThrow()) {
            assertThatThrownBy(() -> images.importTar(tar, Duration.ofSeconds(3), step -> {}))
                    .hasMessageContaining("Another process is making the same image");
        }
    }

    @Test
    void aDamagedImageIsRefused() throws Exception {
        var images = ImageStore.open(folder);
        var image = images.importTar(tar, Duration.ofMinutes(1), step -> {});
        Files.setPosixFilePermissions(image.root(), PosixFilePermissions.fromString("rw-------"));
        Files.write(image.root(), new byte[10]);
        assertThatThrownBy(() -> images.find(image.digest()))
                .hasMessageContaining("has not its size")
                .hasMessageContaining("import the image again");

        Path record = image.root().resolveSibling("image.json");
        for (String text :
                List.of(
                        "",
                        "null",
                        "[]",
                        "{",
                        "{}",
                        "{\"format\":2,\"digest\":1}",
                        "x".repeat(70_000))) {
            Files.deleteIfExists(record);
            Files.writeString(record, text);
            assertThatThrownBy(() -> images.find(image.digest()))
                    .isInstanceOf(StasisException.class)
                    .extracting(e -> ((StasisException) e).code())
                    .isEqualTo(ErrorCode.STORE_DAMAGED);
        }
        assertThat(images.list()).isEmpty();
    }

    private Process forkedImport(String program) throws Exception {
        return new ProcessBuilder(forkedCommand(program)).inheritIO().start();
    }

    private List<String> forkedCommand(String program) {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(
                        ":",
                        "target/classes",
                        "target/test-classes",
                        System.getProperty("jdk.module.path", ""),
                        System.getProperty("java.class.path")),
                ForkedImport.class.getName(),
                folder.toString(),
                tar.toString(),
                program);
    }

    private void awaitBuilding() throws Exception {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (System.nanoTime() < end) {
            try (var entries = Files.list(folder)) {
                if (entries.anyMatch(entry -> isBuilding(entry))) {
                    return;
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("The forked import did not begin within 2 min");
    }

    private static boolean isBuilding(Path entry) {
        return String.valueOf(entry.getFileName()).startsWith(".building-");
    }

    /// An import in a process of its own, to be killed.
    static final class ForkedImport {
        private ForkedImport() {}

        public static void main(String[] args) {
            ImageStore.open(Path.of(args[0]), ImageLimits.USUAL, args[2])
                    .importTar(Path.of(args[1]), Duration.ofMinutes(1), step -> {});
        }
    }
}
