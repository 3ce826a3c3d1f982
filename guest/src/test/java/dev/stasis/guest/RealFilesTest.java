package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.guest.FileSession.Access;
import dev.stasis.guest.FileSession.Links;
import dev.stasis.guest.FileSession.Mode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The agent's file server, in one guest for all tests.
@Timeout(300)
class RealFilesTest {
    private static final Duration LONG = RealGuest.LONG;
    private static final Set<Access> WRITE =
            EnumSet.of(Access.WRITE, Access.CREATE, Access.TRUNCATE);

    private static RealGuest guest;
    private static SharedLane lane;
    private SharedLane.Use use;
    private FileSession files;

    @BeforeAll
    static void boot() throws Exception {
        guest = new RealGuest();
        lane = new SharedLane(guest.lanes());
    }

    @AfterAll
    static void shutDown() throws Exception {
        lane.close();
        guest.close();
    }

    @BeforeEach
    void open() {
        use = lane.use(LONG);
        files = FileSession.open(use.connection(), null);
    }

    @AfterEach
    void close() {
        files.close();
        use.close();
    }

    private void write(String path, byte[] bytes) {
        files.open(path, WRITE, 0644).await();
        for (int at = 0; at < bytes.length; at += FileSession.MAX_CHUNK_BYTES) {
            int count = Math.min(FileSession.MAX_CHUNK_BYTES, bytes.length - at);
            files.write(at, ByteBuffer.wrap(bytes, at, count), path).await();
        }
        files.closeFile(path).await();
    }

    private byte[] read(String path, int count) {
        files.open(path, EnumSet.of(Access.READ), 0).await();
        byte[] bytes = files.read(0, count, path).await();
        files.closeFile(path).await();
        return bytes;
    }

    private List<GuestEntry> list(String path) {
        files.openFolder(path).await();
        var all = new ArrayList<GuestEntry>();
        List<GuestEntry> some;
        do {
            some = files.nextEntries(path).await();
            all.addAll(some);
        } while (!some.isEmpty());
        return all;
    }

    private String run(String script) {
        var stdout = new OutputBuffer("stdout", ByteSize.ofMebibytes(1));
        var sinks = new OutputSinks(stdout, stdout);
        return switch (use.connection().start(Command.of("sh", "-c", script), sinks)) {
            case RunningCommand running -> {
                running.awaitExit(LONG);
                yield new String(stdout.bytes(), StandardCharsets.UTF_8);
            }
            case CommandNotStarted not -> throw new AssertionError(not);
        };
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @Test
    void bytesGoInAndComeBack() throws Exception {
        var bytes = new byte[FileSession.MAX_CHUNK_BYTES + 12_345];
        new Random(1).nextBytes(bytes);

        write("/tmp/bytes", bytes);
        files.open("/tmp/bytes", EnumSet.of(Access.READ), 0);
        FileReply<byte[]> first = files.read(0, FileSession.MAX_CHUNK_BYTES, "/tmp/bytes");
        FileReply<byte[]> rest =
                files.read(FileSession.MAX_CHUNK_BYTES, FileSession.MAX_CHUNK_BYTES, "/tmp/bytes");

        assertThat(first.await()).isEqualTo(Arrays.copyOf(bytes, 262_144));
        assertThat(rest.await()).hasSize(12_345).endsWith(bytes[bytes.length - 1]);
        assertThat(files.stat("/tmp/bytes", Links.FOLLOWED).await().size()).isEqualTo(bytes.length);
        assertThat(run("sha256sum < /tmp/bytes | cut -c1-64").trim()).isEqualTo(sha256(bytes));
    }

    @Test
    void attributesAreThoseOfTheGuest() {
        write("/tmp/attributes", new byte[10]);
        Instant then = Instant.ofEpochSecond(1_000_000_000, 123_456_789);
        files.change(
                        "/tmp/attributes",
                        Links.FOLLOWED,
                        new FileChange(04751, 12, 34, then.plusSeconds(5), then))
                .await();
        files.symlink("/tmp/attributes-link", "attributes", Mode.STRICT).await();
        files.link("/tmp/attributes-too", "/tmp/attributes", Mode.STRICT).await();
        files.change("/tmp/attributes-link", Links.THEMSELVES, FileChange.times(then, then))
                .await();

        GuestFile is = files.stat("/tmp/attributes-link", Links.FOLLOWED).await();
        GuestFile link = files.stat("/tmp/attributes-link", Links.THEMSELVES).await();

        assertThat(is.kind()).isEqualTo(GuestFile.Kind.FILE);
        assertThat(is.permissions()).isEqualTo(04751);
        assertThat(is.user()).isEqualTo(12);
        assertThat(is.group()).isEqualTo(34);
        assertThat(is.links()).isEqualTo(2);
        assertThat(is.modified()).isEqualTo(then);
        assertThat(is.accessed()).isEqualTo(then.plusSeconds(5));
        assertThat(link.kind()).isEqualTo(GuestFile.Kind.LINK);
        assertThat(link.modified()).isEqualTo(then);
        assertThat(files.readLink("/tmp/attributes-link").await()).isEqualTo("attributes");
        assertThat(files.realPath("/tmp/../tmp/attributes-link").await())
                .isEqualTo("/tmp/attributes");
        assertThat(run("stat -c '%a %u %g' /tmp/attributes")).isEqualTo("4751 12 34\n");
    }

    @Test
    void foldersOfAnySizeAreListedAndRemoved() {
        run(
                "mkdir -p /tmp/many/a/b/c; cd /tmp/many; touch $(seq 3000); ln -s /etc a/out; ln -s /nowhere x");

        List<GuestEntry> entries = list("/tmp/many");

        assertThat(entries).hasSize(3002);
        assertThat(entries)
                .filteredOn(e -> e.name().equals("x"))
                .hasSize(1)
                .first()
                .extracting(GuestEntry::target)
                .isEqualTo("/nowhere");
        assertFails(
                ErrorCode.FOLDER_NOT_EMPTY,
                () -> files.remove("/tmp/many", Mode.STRICT).await(),
                "remove /tmp/many");
        while (!files.remove("/tmp/many", Mode.LENIENT).await()) {}
        assertThat(run("ls -d /tmp/many /etc/passwd 2>&1"))
                .contains("No such")
                .contains("/etc/passwd");
    }

    @Test
    void namesAreBytesWhateverTheyHold() {
        String name = "/tmp/n\u00e4m\u00e9 \n\udcff\udc80\ud83d\ude00";
        write(name, new byte[3]);

        assertThat(list("/tmp")).anyMatch(e -> ("/tmp/" + e.name()).equals(name));
        assertThat(read(name, 10)).hasSize(3);
        assertThat(run("rm /tmp/n*m*; ls /tmp | grep -c ^n").trim()).isEqualTo("0");
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> files.stat("", Links.FOLLOWED), "1 to 4095");
        assertFails(
                ErrorCode.INVALID_ARGUMENT, () -> files.stat("/\0", Links.FOLLOWED), "without NUL");
    }

    @Test
    void whatCannotBeDoneHasACodeOfItsOwn() {
        files.makeFolder("/tmp/codes/one", 0755, Mode.LENIENT).await();
        write("/tmp/codes/file", new byte[1]);
        run("mkfifo /tmp/codes/pipe; ln -s loop /tmp/codes/loop");

        assertErrors(ErrorCode.FILE_NOT_FOUND, () -> read("/tmp/codes/none", 1));
        assertErrors(ErrorCode.IS_A_FOLDER, () -> read("/tmp/codes", 1));
        assertErrors(ErrorCode.NOT_A_FOLDER, () -> read("/tmp/codes/file/x", 1));
        assertErrors(ErrorCode.NOT_A_FOLDER, () -> list("/tmp/codes/file"));
        assertErrors(ErrorCode.FILE_UNUSABLE, () -> read("/tmp/codes/pipe", 1));
        assertErrors(ErrorCode.FILE_UNUSABLE, () -> read("/dev/zero", 1));
        assertErrors(ErrorCode.FILE_UNUSABLE, () -> write("/tmp/codes/pipe", new byte[1]));
        assertErrors(ErrorCode.FILE_UNUSABLE, () -> read("/tmp/codes/loop", 1));
        assertErrors(ErrorCode.FILE_UNUSABLE, () -> read("/tmp/" + "x".repeat(300), 1));
        assertErrors(
                ErrorCode.FILE_EXISTS,
                () -> files.makeFolder("/tmp/codes/one", 0755, Mode.STRICT).await());
        assertErrors(
                ErrorCode.FILE_EXISTS,
                () -> files.rename("/tmp/codes/file", "/tmp/codes/one", Mode.STRICT).await());
        run("mkdir /tmp/codes/fixed; mount -t tmpfs -o ro none /tmp/codes/fixed");
        assertErrors(ErrorCode.PERMISSION_DENIED, () -> write("/tmp/codes/fixed/x", new byte[1]));
        assertThat(read("/proc/version", 5000))
                .startsWith("Linux".getBytes(StandardCharsets.UTF_8));
        run("mount -t tmpfs -o size=64k none /tmp/codes/one");
        assertErrors(
                ErrorCode.SANDBOX_DISK_FULL, () -> write("/tmp/codes/one/big", new byte[100_000]));
    }

    private static void assertErrors(ErrorCode code, ThrowingCallable action) {
        assertFails(code, action, "in the sandbox");
    }

    private static void assertFails(ErrorCode code, ThrowingCallable action, String message) {
        AgentConnectionTest.assertFails(code, message, action);
    }

    @Test
    void aSessionIsItsUser() {
        run("echo secret > /tmp/secret; chmod 600 /tmp/secret; chmod 1777 /tmp");
        try (var nobody = FileSession.open(use.connection(), "65534:65534")) {
            assertErrors(
                    ErrorCode.PERMISSION_DENIED,
                    () -> nobody.open("/tmp/secret", EnumSet.of(Access.READ), 0).await());
            nobody.open("/tmp/mine", WRITE, 0600).await();
            nobody.changeOpen("/tmp/mine", FileChange.permissions(0640)).await();
            assertErrors(
                    ErrorCode.PERMISSION_DENIED, () -> nobody.access("/tmp/secret", 4).await());
        }
        assertThat(run("stat -c '%a %u %g' /tmp/mine")).isEqualTo("640 65534 65534\n");
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> FileSession.open(use.connection(), "who"),
                "no such user");
    }

    @Test
    void holesAreTold() {
        files.open(
                        "/tmp/holes",
                        EnumSet.of(Access.READ, Access.WRITE, Access.NEW, Access.CREATE),
                        0600)
                .await();
        files.truncate(8 << 20, "/tmp/holes").await();
        files.write(4 << 20, ByteBuffer.wrap(new byte[] {1, 2, 3}), "/tmp/holes").await();

        assertThat(files.extents("/tmp/holes")).hasSize(2).startsWith((long) (4 << 20));
        assertThat(files.stat("/tmp/holes", Links.FOLLOWED).await().stored()).isLessThan(1 << 20);
    }

    @Test
    void aThousandRequestsNeedNotWaitForOneAnother() {
        files.makeFolder("/tmp/pipelined", 0755, Mode.LENIENT).await();
        var replies = new ArrayList<FileReply<?>>();
        for (int i = 0; i < 1000; i++) {
            String path = "/tmp/pipelined/" + i;
            replies.add(files.open(path, WRITE, 0644));
            replies.add(
                    files.write(0, ByteBuffer.wrap(path.getBytes(StandardCharsets.UTF_8)), path));
            replies.add(files.closeFile(path));
        }
        replies.forEach(FileReply::await);

        assertThat(list("/tmp/pipelined")).hasSize(1000);
        assertThat(files.isIdle()).isTrue();
    }

    @Test
    void aKilledServerFailsItsRequestsAndNoOtherSession() {
        try (var other = FileSession.open(use.connection(), null)) {
            other.kill();
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    () -> other.stat("/", Links.FOLLOWED).await(),
                    "killed");
        }
        assertThat(files.stat("/", Links.FOLLOWED).await().kind()).isEqualTo(GuestFile.Kind.FOLDER);
    }

    @Test
    void serversEndWithTheirSessions() throws Exception {
        awaitServers(1);
        var other = FileSession.open(use.connection(), null);
        assertThat(other.stat("/", Links.FOLLOWED).await()).isNotNull();
        awaitServers(2);
        other.close();
        awaitServers(1);
    }

    private void awaitServers(int expected) throws InterruptedException {
        long end = System.nanoTime() + LONG.toNanos();
        String found = "";
        while (!found.equals("" + expected)) {
            assertThat(System.nanoTime()).as(found + " servers").isLessThan(end);
            Thread.sleep(20);
            found = run("grep -slx stasis-files /proc/[0-9]*/comm | wc -l").trim();
        }
    }
}
