package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.stasis.ImageProgress;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a good tar file becomes.
class ImportTest {
    @TempDir Path temp;
    private Path folder;
    private ImageStore images;

    @BeforeEach
    void open() throws Exception {
        folder = Files.createDirectory(temp.resolve("images"));
        images = ImageStore.open(folder);
    }

    private ImageRecord imported(TestTar tar) throws Exception {
        return imported(tar.write(temp.resolve("root.tar")));
    }

    private ImageRecord imported(Path tar) {
        return images.importTar(tar, Duration.ofMinutes(1), step -> {});
    }

    @Test
    void ownersModesLinksAndContentsAreKept() throws Exception {
        var image =
                imported(
                        TestTar.begin()
                                .entry('5', "./", "", 0, 0755, 0, 0)
                                .entry('5', "./tmp/", "", 0, 01777, 0, 0)
                                .entry('5', "./home/", "", 0, 02755, 7, 8)
                                .entry('0', "./home/tool", "", 3, 04755, 1000, 2_000_000)
                                .content(new byte[] {'a', 'b', 'c'})
                                .hardLink("./home/again", "./home/tool")
                                .symbolicLink("./bin", "usr/bin")
                                .symbolicLink("./out", "/../../etc/passwd")
                                .entry('6', "./pipe", "", 0, 0600, 0, 0));

        assertThat(Squashfs.describe(image.root()))
                .containsExactlyInAnyOrder(
                        "dir tmp 01777 0 0",
                        "dir home 02755 7 8",
                        "file home/tool 04755 1000 2000000",
                        "file home/again 04755 1000 2000000",
                        "slink bin 0777 0 0 usr/bin",
                        "slink out 0777 0 0 /../../etc/passwd",
                        "pipe pipe 0600 0 0");
        assertThat(Squashfs.content(image.root(), "/home/again")).isEqualTo("abc");
        assertThat(Squashfs.stat(image.root(), "/home/tool")).contains("Hard link count: 2");
        assertThat(Squashfs.stat(image.root(), "/home/tool")).contains("Sep 2001");
    }

    @Test
    void extendedAttributesKeepTheirBytes() throws Exception {
        byte[] value = {0, (byte) 0xff, '\n', '=', 'x', (byte) 0xc3};
        var image =
                imported(
                        TestTar.begin()
                                .extended("SCHILY.xattr.user.bytes", value)
                                .file("f", "")
                                .extended("SCHILY.xattr.system.posix_acl_access", new byte[4])
                                .file("acl", ""));
        Squashfs.unpack(image.root(), temp.resolve("out"));

        var view =
                Files.getFileAttributeView(
                        temp.resolve("out/f"), UserDefinedFileAttributeView.class);
        var read = java.nio.ByteBuffer.allocate(64);
        int length = view.read("bytes", read);
        assertThat(java.util.Arrays.copyOf(read.array(), length)).isEqualTo(value);
        assertThat(Squashfs.xattrs(image.root(), "/acl")).isEmpty();
    }

    @Test
    void capabilitiesAreKept() throws Exception {
        var image =
                imported(
                        TestTar.begin()
                                .extended("SCHILY.xattr.security.capability", new byte[20])
                                .file("ping", ""));

        assertThat(Squashfs.xattrs(image.root(), "/ping")).contains("security.capability=");
    }

    @Test
    void longAndStrangeNamesAreKept() throws Exception {
        String deep = "a".repeat(90) + "/" + "b".repeat(90) + "/" + "c".repeat(255);
        var image =
                imported(
                        TestTar.begin()
                                .gnuLongName(deep)
                                .file("short", "gnu")
                                .extended("path", "ü/" + "d".repeat(200))
                                .file("short", "pax")
                                .extended("path", "far")
                                .extended("linkpath", "t".repeat(300))
                                .symbolicLink("short", "")
                                .file("latin-\u00e4", "bytes"));

        assertThat(Squashfs.content(image.root(), "/" + deep)).isEqualTo("gnu");
        assertThat(Squashfs.content(image.root(), "/ü/" + "d".repeat(200))).isEqualTo("pax");
        assertThat(Squashfs.describe(image.root()))
                .contains("slink far 0777 0 0 " + "t".repeat(300));
        Squashfs.unpack(image.root(), temp.resolve("out"));
        try (var entries = Files.list(temp.resolve("out"))) {
            assertThat(entries.count()).isEqualTo(4);
        }
    }

    @Test
    void numbersThatDoNotFitTheHeaderAreKept() throws Exception {
        var image =
                imported(
                        TestTar.begin()
                                .extended("uid", "4000000000")
                                .extended("gid", "3000000000")
                                .extended("mtime", "1234567890.25")
                                .file("f", "x"));

        assertThat(Squashfs.describe(image.root()))
                .containsExactly("file f 0644 4000000000 3000000000");
        assertThat(Squashfs.stat(image.root(), "/f")).contains("13 Feb 2009");
    }

    @Test
    void devicesAndLinksToThemAreLeftOut() throws Exception {
        var image =
                imported(
                        TestTar.begin()
                                .folder("dev")
                                .entry('3', "dev/null", "", 0)
                                .entry('4', "dev/sda", "", 0)
                                .hardLink("dev/zero", "dev/null")
                                .hardLink("dev/one", "dev/zero")
                                .file("kept", ""));

        assertThat(Squashfs.describe(image.root()))
                .containsExactlyInAnyOrder("dir dev 0644 0 0", "file kept 0644 0 0");
    }

    @Test
    void whatComesTwiceIsTakenFromItsLastEntry() throws Exception {
        var image =
                imported(
                        TestTar.begin()
                                .entry('5', "d", "", 0, 0700, 1, 1)
                                .file("d/f", "old")
                                .file("d/f", "new")
                                .entry('5', "d", "", 0, 0755, 2, 2));

        assertThat(Squashfs.describe(image.root()))
                .containsExactlyInAnyOrder("dir d 0755 2 2", "file d/f 0644 0 0");
        assertThat(Squashfs.content(image.root(), "/d/f")).isEqualTo("new");
    }

    @Test
    void foldersThatNothingNamesAreMade() throws Exception {
        var image = imported(TestTar.begin().file("/usr/bin/x", "1"));

        assertThat(Squashfs.describe(image.root()))
                .containsExactlyInAnyOrder(
                        "dir usr 0755 0 0", "dir usr/bin 0755 0 0", "file usr/bin/x 0644 0 0");
    }

    @Test
    void aSparseFileKeepsItsContent() throws Exception {
        Path sparse = temp.resolve("tree/sparse");
        Files.createDirectories(sparse.getParent());
        try (var file = new java.io.RandomAccessFile(sparse.toFile(), "rw")) {
            file.seek(3 << 20);
            file.write("middle".getBytes(StandardCharsets.UTF_8));
            file.setLength(5 << 20);
        }
        for (String format : List.of("gnu", "pax")) {
            Path tar = temp.resolve(format + ".tar");
            String[] command = {
                "tar",
                "-S",
                "-H",
                format,
                "-C",
                temp.resolve("tree").toString(),
                "-cf",
                tar.toString(),
                "."
            };
            assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
            var image = imported(tar);

            Path out = temp.resolve("out-" + format);
            Squashfs.unpack(image.root(), out);
            assertThat(Files.mismatch(sparse, out.resolve("sparse"))).isEqualTo(-1);
        }
    }

    @Test
    void gzipIsUnpacked() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(TestTar.begin().file("f", "packed").finish());
        }
        var image = imported(Files.write(temp.resolve("root.tar.gz"), bytes.toByteArray()));

        assertThat(Squashfs.content(image.root(), "/f")).isEqualTo("packed");
    }

    @Test
    void zstdIsUnpacked() throws Exception {
        byte[] packed = Zstd.compress(TestTar.begin().file("f", "packed").finish());
        var image = imported(Files.write(temp.resolve("root.tar.zst"), packed));

        assertThat(Squashfs.content(image.root(), "/f")).isEqualTo("packed");
    }

    @Test
    void theSameTarIsFoundAgainAndItsProgressIsTold() throws Exception {
        var tar = TestTar.begin().file("f", "x").write(temp.resolve("root.tar"));
        var steps = new ArrayList<ImageProgress>();
        var first = images.importTar(tar, Duration.ofMinutes(1), steps::add);
        var again = images.importTar(tar, Duration.ofMinutes(1), steps::add);

        assertThat(again).isEqualTo(first);
        assertThat(steps)
                .extracting(ImageProgress::step)
                .containsSubsequence(
                        ImageProgress.Step.RECOGNISING,
                        ImageProgress.Step.CHECKING,
                        ImageProgress.Step.BUILDING,
                        ImageProgress.Step.RECOGNISING);
        assertThat(steps.getLast().doneBytes()).isEqualTo(Files.size(tar));
        assertThat(ImageStore.open(folder).find(first.digest())).contains(first);
        assertThat(images.list()).containsExactly(first);
    }

    @Test
    void anImageIsReadOnlyAndItsOwnersAlone() throws Exception {
        var image = imported(TestTar.begin().file("f", "x"));

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(image.root())))
                .isEqualTo("r--------");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(image.root().getParent())))
                .isEqualTo("rwx------");
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactly(folder.resolve(image.digest()));
        }
        assertThat(image.bytes().bytes()).isEqualTo(Files.size(image.root()));
    }

    @Test
    void manyThatImportTheSameFileMakeItOnce() throws Exception {
        var tar = TestTar.begin().file("f", "x".repeat(100_000)).write(temp.resolve("root.tar"));
        var found = new ArrayList<Future<ImageRecord>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                var store = ImageStore.open(folder);
                found.add(
                        threads.submit(
                                () -> store.importTar(tar, Duration.ofMinutes(1), step -> {})));
            }
        }

        var first = found.getFirst().get();
        for (var other : found) {
            assertThat(other.get()).isEqualTo(first);
        }
    }
}
