package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.FileKind;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import dev.stasis.cli.Main;
import dev.stasis.itest.Machines.Stage;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The files of a sandbox that booted, one that was resumed and one that was forked.
class FilesTest {
    private static final Instant THEN = Instant.ofEpochSecond(1_234_567_890, 123_456_789);

    private static final byte[] NO_TAR = "no tar ".repeat(200).getBytes(StandardCharsets.UTF_8);

    @RegisterExtension static final Machines MACHINES = new Machines();
    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(Stage.class)
    void areReadWrittenListedAndRemoved(Stage stage) throws Exception {
        var files = MACHINES.at(stage).files();
        var guest = Guest.of(MACHINES.at(stage));
        files.mkdirs("/data/one/two");

        files.writeText("/data/one/text", "first\n");
        files.append("/data/one/text", "second\n".getBytes(StandardCharsets.UTF_8));
        files.symlink("/data/one/link", "text");
        files.link("/data/one/hard", "/data/one/text");
        files.setPermissions("/data/one/text", 0640);
        files.setOwner("/data/one/text", 1, 2);
        files.setTimes("/data/one/text", THEN, THEN);

        assertThat(files.readText("/data/one/link")).isEqualTo("first\nsecond\n");
        assertThat(guest.sh("stat -c '%a %u %g %h %Y' /data/one/text"))
                .isEqualTo("640 1 2 2 1234567890");
        assertThat(files.stat("/data/one/link"))
                .satisfies(i -> {
                    assertThat(i.isFile()).isTrue();
                    assertThat(i.permissions()).isEqualTo(0640);
                    assertThat(i.modified()).isEqualTo(THEN);
                });
        assertThat(files.list("/data/one"))
                .extracting(FileInfo::name)
                .containsExactly("hard", "link", "text", "two");
        assertThat(files.lstat("/data/one/link").kind()).isEqualTo(FileKind.LINK);
        assertThat(files.readLink("/data/one/link")).isEqualTo("text");
        assertThat(files.realPath("/data/../data/one/link")).isEqualTo("/data/one/text");

        files.rename("/data/one/text", "/data/moved");
        files.copy("/data/one", "/data/copied");
        assertThat(guest.sh("cd /data/copied; ls; readlink link; cat hard"))
                .isEqualTo("hard\nlink\ntwo\ntext\nfirst\nsecond");
        files.removeAll("/data");
        assertThat(files.exists("/data")).isFalse();
        files.removeAll("/data");
    }

    @Test
    void failuresSayWhatIsWrong() {
        var files = MACHINES.at(Stage.BOOTED).files();

        assertCode(ErrorCode.FILE_NOT_FOUND, () -> files.read("/none"), "/none");
        assertCode(ErrorCode.IS_A_FOLDER, () -> files.read("/etc"), "it is a folder");
        assertCode(ErrorCode.NOT_A_FOLDER, () -> files.list("/etc/passwd"), "list /etc/passwd");
        assertCode(ErrorCode.FILE_UNUSABLE, () -> files.read("/dev/zero"), "device");
        assertCode(ErrorCode.FILE_EXISTS, () -> files.mkdir("/etc"), "already");
        assertCode(ErrorCode.FOLDER_NOT_EMPTY, () -> files.remove("/etc"), "not empty");
        assertCode(
                ErrorCode.PERMISSION_DENIED,
                () -> files.as("65534").writeText("/etc/x", "x"),
                "perhaps another user");
        assertCode(ErrorCode.INVALID_ARGUMENT, () -> files.as("nobody-else").read("/x"), "user");
        assertCode(ErrorCode.INVALID_ARGUMENT, () -> files.read("etc/passwd"), "absolute");
        assertCode(ErrorCode.INVALID_ARGUMENT, () -> files.copy("/etc", "/etc/new"), "within");
        assertCode(
                ErrorCode.FILE_NOT_FOUND,
                () -> files.copyIn(folder.resolve("none"), "/x"),
                "on this computer");
        assertCode(ErrorCode.FILE_NOT_FOUND, () -> files.copyIn(folder, "/no/such"), "/no/such");
        assertCode(ErrorCode.FILE_NOT_FOUND, () -> files.copyOut("/none", folder), "/none");
    }

    private static void assertCode(ErrorCode code, Callable<?> action, String message) {
        assertThatThrownBy(action::call)
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    private static void assertCode(ErrorCode code, Runnable action, String message) {
        assertCode(code, Executors.callable(action), message);
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void areAFileSystemForJava(Stage stage) throws Exception {
        Path root = MACHINES.at(stage).path("/java");
        Files.createDirectories(root.resolve("a/b"));
        Files.writeString(root.resolve("a/b/one.txt"), "one");
        Files.copy(root.resolve("a/b/one.txt"), root.resolve("two.txt"));
        Files.createSymbolicLink(root.resolve("link"), Path.of("a"));
        Files.createLink(root.resolve("hard"), root.resolve("two.txt"));
        assertThat(Files.readString(root.resolve("link/b/one.txt"))).isEqualTo("one");

        try (var walk = Files.walk(root)) {
            assertThat(walk.map(p -> root.relativize(p).toString()).toList())
                    .containsExactlyInAnyOrder(
                            "", "a", "a/b", "a/b/one.txt", "two.txt", "link", "hard");
        }
        try (var channel =
                Files.newByteChannel(
                        root.resolve("two.txt"),
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            channel.position(1).write(ByteBuffer.wrap("NN".getBytes(StandardCharsets.UTF_8)));
            var read = ByteBuffer.allocate(10);
            assertThat(channel.position(0).read(read)).isEqualTo(3);
            assertThat(new String(read.array(), 0, 3, StandardCharsets.UTF_8)).isEqualTo("oNN");
            assertThat(channel.read(read)).isEqualTo(-1);
            assertThat(channel.truncate(2).size()).isEqualTo(2);
        }
        assertThat(Files.readString(root.resolve("hard"))).isEqualTo("oN");

        Files.setPosixFilePermissions(
                root.resolve("hard"), PosixFilePermissions.fromString("rw-r-x--x"));
        Files.setLastModifiedTime(root.resolve("hard"), FileTime.from(THEN));
        var attributes = Files.readAttributes(root.resolve("two.txt"), PosixFileAttributes.class);
        assertThat(PosixFilePermissions.toString(attributes.permissions())).isEqualTo("rw-r-x--x");
        assertThat(attributes.lastModifiedTime().toInstant()).isEqualTo(THEN);
        assertThat(Files.readAttributes(root.resolve("hard"), "unix:nlink,uid"))
                .containsEntry("nlink", 2)
                .containsEntry("uid", 0);
        assertThat(Files.isSymbolicLink(root.resolve("link"))).isTrue();
        assertThat(Files.isSameFile(root.resolve("hard"), root.resolve("two.txt"))).isTrue();
        assertThat(Files.getFileStore(root).getUsableSpace()).isPositive();

        assertThatThrownBy(() -> Files.readString(root.resolve("none")))
                .isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> Files.move(root.resolve("hard"), root.resolve("two.txt")))
                .isInstanceOf(FileAlreadyExistsException.class);
        Files.move(root.resolve("a"), root.resolve("moved"), StandardCopyOption.ATOMIC_MOVE);
        Files.copy(root.resolve("moved/b/one.txt"), folder.resolve("here"));
        assertThat(folder.resolve("here")).hasContent("one");
        Files.walkFileTree(root, new DeleteAll());
        assertThat(Files.exists(root, LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    /// 20,000 files, 200 folders, links of both kinds, holes, modes and times.
    @Test
    void aTreeOfTwentyThousandFilesGoesInAndComesBackTheSame() throws Exception {
        Path tree = new FileTree(folder.resolve("tree")).make(200, 100);
        Sandbox sandbox = MACHINES.at(Stage.FORKED);
        var guest = Guest.of(sandbox);

        var in = sandbox.files().copyIn(tree, "/tree");
        var out = sandbox.files().copyOut("/tree", folder.resolve("back"));

        assertThat(in.files()).isGreaterThanOrEqualTo(20_000);
        assertThat(in.skipped()).isEmpty();
        assertThat(out.files()).isEqualTo(in.files());
        assertThat(out.links()).isEqualTo(in.links());
        assertThat(out.skipped()).isEmpty();
        assertThat(guest.number("find /tree -type f | wc -l")).isEqualTo(in.files());
        assertThat(guest.sh("stat -c '%u:%g' /tree/f0/n0")).isEqualTo("0:0");
        assertThat(FileTree.facts(folder.resolve("back"))).isEqualTo(FileTree.facts(tree));
        sandbox.files().removeAll("/tree");
    }

    @Test
    void aTreeGoesFromSandboxToSandboxWithItsOwners() {
        var from = MACHINES.at(Stage.FORKED);
        var to = MACHINES.at(Stage.RESUMED);
        Guest.of(from)
                .sh(
                        "mkdir -p /src/sub; cd /src; echo x > sub/f; ln sub/f sub/g; ln -s sub l; mkfifo p;"
                                + " mknod n c 1 3; truncate -s 3M sub/hole; chown 5:6 sub/f; chmod 4755 sub/f;"
                                + " touch -d 2001-02-03 sub sub/f");

        var report = from.files().copyTo("/src", to.files(), "/dst");

        String facts =
                "cd %s; find . -exec stat -c '%%n %%F %%a %%u:%%g %%h %%s %%t:%%T' {} + | sort; stat -c %%Y sub sub/f";
        assertThat(Guest.of(to).sh(facts.formatted("/dst")))
                .isEqualTo(Guest.of(from).sh(facts.formatted("/src")));
        assertThat(Guest.of(to).number("stat -c %b /dst/sub/hole")).isLessThan(100);
        assertThat(report.files()).isEqualTo(5);
        from.files().removeAll("/src");
        to.files().removeAll("/dst");
    }

    @Test
    void aTreeGoesOutAndInAsTar() throws Exception {
        var sandbox = MACHINES.at(Stage.FORKED);
        var guest = Guest.of(sandbox);
        guest.sh(
                "mkdir -p /tar/sub; cd /tar; head -c 100000 /dev/urandom > sub/f; ln sub/f g; ln -s sub/f l;"
                        + " mkfifo p; truncate -s 1M hole; chown 5:6 sub/f; chmod 4755 sub/f; chmod 700 sub;"
                        + " touch -d 2001-02-03 sub sub/f");
        Path tar = folder.resolve("tree.tar");
        try (var out = Files.newOutputStream(tar)) {
            sandbox.files().exportTar("/tar", out, c -> {});
        }
        sandbox.files().mkdir("/untar");
        try (var in = Files.newInputStream(tar)) {
            sandbox.files().importTar(in, "/untar", c -> c.keepOwners());
        }

        String facts =
                "cd %s; find . -exec stat -c '%%n %%F %%a %%u:%%g %%h %%s' {} + | sort; stat -c %%Y sub sub/f; sha256sum < g";
        assertThat(guest.sh(facts.formatted("/untar/tar")))
                .isEqualTo(guest.sh(facts.formatted("/tar")));
        assertThat(new ProcessBuilder("tar", "-tf", tar.toString()).start().inputReader().lines())
                .contains("tar/", "tar/sub/f", "tar/p", "tar/l");
        assertCode(
                ErrorCode.INVALID_ARGUMENT,
                () ->
                        sandbox.files()
                                .importTar(new ByteArrayInputStream(NO_TAR), "/untar", c -> {}),
                "tar");
        sandbox.files().removeAll("/untar");
        sandbox.files().removeAll("/tar");
    }

    @Test
    void aSnapshotInTheMiddleOfATransferHoldsItsBeginningAndTheSourceGoesOn() throws Exception {
        var source = MACHINES.stasis().create("writing", _ -> {});
        var bytes = new byte[4 << 20];
        new Random(3).nextBytes(bytes);
        var half = new CountDownLatch(1);
        var taken = new CountDownLatch(1);
        try (source;
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var writing =
                    threads.submit(() -> {
                        try (OutputStream out = source.files().openWrite("/data")) {
                            out.write(bytes, 0, bytes.length / 2);
                            out.flush();
                            half.countDown();
                            out.write(bytes, bytes.length / 2, bytes.length / 4);
                            assertThat(taken.await(1, TimeUnit.MINUTES)).isTrue();
                            out.write(bytes, bytes.length * 3 / 4, bytes.length / 4);
                        }
                        return true;
                    });
            assertThat(half.await(1, TimeUnit.MINUTES)).isTrue();
            var snapshot = source.snapshot();
            try (var fork = snapshot.restore("reading")) {
                byte[] begun = fork.files().read("/data");
                assertThat(begun.length).isBetween(bytes.length / 2, bytes.length * 3 / 4);
                assertThat(begun).isEqualTo(Arrays.copyOf(bytes, begun.length));
                fork.files().writeText("/data", "its own");
                source.resume();
                taken.countDown();
                assertThat(writing.get(1, TimeUnit.MINUTES)).isTrue();
                assertThat(source.files().read("/data")).isEqualTo(bytes);
                assertThat(fork.files().readText("/data")).isEqualTo("its own");
            }
        }
    }

    @Test
    void aPausedSandboxSaysSoAndAFullDiskTooAndNothingHangs() {
        try (var small = MACHINES.stasis().create("small", _ -> {})) {
            var files = small.files();
            Guest.of(small).sh("mkdir /small; mount -t tmpfs -o size=1M none /small");
            assertCode(
                    ErrorCode.SANDBOX_DISK_FULL,
                    () -> files.write("/small/x", new byte[2 << 20]),
                    "no space left in the sandbox");
            small.pause();
            assertCode(ErrorCode.WRONG_STATE, () -> files.readText("/etc/passwd"), "resume it");
            small.resume();
            assertThat(files.readText("/etc/passwd")).contains("root");
            small.stop();
            assertCode(ErrorCode.WRONG_STATE, () -> files.readText("/etc/passwd"), "stopped");
        }
    }

    @Test
    void theCommandLineCopiesIntoSandboxesOutOfThemAndBetweenThem() throws Exception {
        var one = MACHINES.at(Stage.FORKED);
        var two = MACHINES.at(Stage.RESUMED);
        Files.createDirectories(folder.resolve("src/sub"));
        Files.writeString(folder.resolve("src/sub/file"), "content");
        Path back = Files.createDirectory(folder.resolve("back"));

        assertThat(cp(folder.resolve("src"), one.name() + ":/cp")).isZero(); // becomes /cp
        assertThat(cp(folder.resolve("src"), one.name() + ":/cp")).isZero(); // goes into it
        assertThat(cp("-q", one.name() + ":/cp/src/.", two.name() + ":/cp")).isZero();
        assertThat(cp("-u", "65534", two.name() + ":/cp/sub/file", back)).isZero();

        assertThat(one.files().readText("/cp/src/sub/file")).isEqualTo("content");
        assertThat(two.files().list("/cp")).extracting(FileInfo::name).containsExactly("sub");
        assertThat(back.resolve("file")).hasContent("content");
        assertThat(cp(one.name() + ":/none", back)).isEqualTo(10);
        assertThat(cp(back, folder)).isEqualTo(10);
        assertThat(cp(back.resolve("file"), one.name() + ":/no/such/")).isEqualTo(10);
    }

    private static int cp(Object... arguments) throws Exception {
        var words = new ArrayList<String>(List.of("cp"));
        for (Object each : arguments) {
            words.add(each.toString());
        }
        return OtherJvm.on(MACHINES.home())
                .runToEnd(Main.class, words.toArray(String[]::new))
                .exitCode();
    }

    @Test
    void manyReadersWorkAtOnce() throws Exception {
        var files = MACHINES.at(Stage.FORKED).files();
        files.write("/shared", new byte[100_000]);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> readers =
                    Collections.nCopies(30, () -> files.read("/shared").length);
            for (var each : threads.invokeAll(readers)) {
                assertThat(each.get()).isEqualTo(100_000);
            }
        }
    }
}
