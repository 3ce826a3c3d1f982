package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What layers become together, by the rules of OCI.
class MergeTest {
    @TempDir Path temp;
    private ImageStore images;

    @BeforeEach
    void open() throws Exception {
        images = ImageStore.open(Files.createDirectory(temp.resolve("images")));
    }

    private ImageRecord merged(TestTar... layers) throws Exception {
        return loaded(TestImage.of(layers));
    }

    private ImageRecord loaded(TestImage image) throws Exception {
        var file = image.layout(temp.resolve("image.tar"), "latest");
        return images.importTar(file, Duration.ofMinutes(1), _ -> {});
    }

    private void isRefused(String message, TestTar... layers) {
        assertThatThrownBy(() -> merged(layers))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID))
                .hasMessageContaining(message);
        assertThat(images.list()).isEmpty();
    }

    private static List<String> paths(ImageRecord image) throws Exception {
        return Squashfs.describe(image.root()).stream()
                .map(line -> line.split(" ", 3)[1])
                .sorted()
                .toList();
    }

    @Test
    void aWhiteoutDeletesWhatLayersBelowBroughtAndNothingElse() throws Exception {
        var image =
                merged(
                        TestTar.begin()
                                .file("a/gone", "1")
                                .file("a/kept", "1")
                                .file("tree/x/y", "1")
                                .file("again", "old"),
                        TestTar.begin()
                                .file("a/.wh.gone", "")
                                .file(".wh.tree", "")
                                .file("again", "new")
                                .file(".wh.again", "")
                                .file(".wh.never-was", ""));

        assertThat(paths(image)).containsExactly("a", "a/kept", "again");
        assertThat(Squashfs.content(image.root(), "/again")).isEqualTo("new");
    }

    @Test
    void anOpaqueFolderHidesAllBelowWhereverInTheLayerThatIsSaid() throws Exception {
        var image =
                merged(
                        TestTar.begin()
                                .file("d/old", "")
                                .file("d/sub/old", "")
                                .folder("e/")
                                .file("e/old", ""),
                        TestTar.begin()
                                .file("d/new", "")
                                .file("d/sub/new", "")
                                .file("d/.wh..wh..opq", "")
                                .file("e/.wh..wh..opq", "")
                                .file(".wh..wh.plnk/notes", ""));

        assertThat(paths(image)).containsExactly("d", "d/new", "d/sub", "d/sub/new", "e");
    }

    @Test
    void aDeletedNameComesBackInALaterLayer() throws Exception {
        var image =
                merged(
                        TestTar.begin().file("f", "1").folder("d/").file("d/x", "1"),
                        TestTar.begin().file(".wh.f", "").file(".wh.d", ""),
                        TestTar.begin().file("f", "3").folder("d/"));

        assertThat(paths(image)).containsExactly("d", "f");
        assertThat(Squashfs.content(image.root(), "/f")).isEqualTo("3");
    }

    @Test
    void aLayerReplacesFilesByFoldersLinksByFilesAndTheOtherWayRound() throws Exception {
        var image =
                merged(
                        TestTar.begin()
                                .file("was-file", "1")
                                .file("was-folder/x", "1")
                                .symbolicLink("was-link", "was-folder")
                                .entry('5', "mode/", "", 0, 0700, 5, 6)
                                .file("mode/kept", ""),
                        TestTar.begin()
                                .folder("was-file/")
                                .file("was-file/in", "")
                                .symbolicLink("was-folder", "was-file")
                                .folder("was-link/")
                                .entry('5', "mode/", "", 0, 01755, 7, 8));

        assertThat(Squashfs.describe(image.root()))
                .containsExactlyInAnyOrder(
                        "dir was-file 0644 0 0",
                        "file was-file/in 0644 0 0",
                        "slink was-folder 0777 0 0 was-file",
                        "dir was-link 0644 0 0",
                        "dir mode 01755 7 8",
                        "file mode/kept 0644 0 0");
    }

    @Test
    void hardLinksOfLaterLayersShareTheContentThatOutlivesItsFirstName() throws Exception {
        var image =
                merged(
                        TestTar.begin().file("bin/tool", "content"),
                        TestTar.begin().hardLink("bin/other", "bin/tool"),
                        TestTar.begin().file("bin/.wh.tool", ""));

        assertThat(paths(image)).containsExactly("bin", "bin/other");
        assertThat(Squashfs.content(image.root(), "/bin/other")).isEqualTo("content");
    }

    @Test
    void aChangedFileLeavesItsOtherNamesAsTheyWere() throws Exception {
        var image =
                merged(
                        TestTar.begin().file("one", "old").hardLink("two", "one"),
                        TestTar.begin().file("one", "new"));

        assertThat(Squashfs.content(image.root(), "/one")).isEqualTo("new");
        assertThat(Squashfs.content(image.root(), "/two")).isEqualTo("old");
    }

    @Test
    void linksOnTheWayAreFollowedInsideOfTheTreeOnly() throws Exception {
        Path outside = Files.createDirectory(temp.resolve("outside"));
        var image =
                merged(
                        TestTar.begin()
                                .folder("usr/lib/")
                                .symbolicLink("lib", "usr/lib")
                                .symbolicLink("abs", "/usr")
                                .symbolicLink("up", "../../../../../../../.." + outside)
                                .folder(outside.toString().substring(1) + "/"),
                        TestTar.begin()
                                .file("lib/a", "")
                                .file("abs/b", "")
                                .file("up/escaped", "")
                                .file("lib/.wh.nothing", ""));

        assertThat(paths(image)).contains("usr/lib/a", "usr/b", "lib", "up");
        assertThat(paths(image)).contains(outside.toString().substring(1) + "/escaped");
        assertThat(outside).isEmptyDirectory();
    }

    @Test
    void linkTricksAreRefused() {
        isRefused(
                "more links",
                TestTar.begin().symbolicLink("a", "b").symbolicLink("b", "a"),
                TestTar.begin().file("a/x", ""));
        isRefused(
                "leads out of the tree",
                TestTar.begin().file("f", ""),
                TestTar.begin().file("../escaped", ""));
        isRefused(
                "leads out of the tree",
                TestTar.begin().file("f", ""),
                TestTar.begin().hardLink("x", "../../etc/shadow"));
        isRefused(
                "no file that comes before it",
                TestTar.begin().file("f", ""),
                TestTar.begin().file(".wh.f", "").hardLink("x", "f"));
        isRefused("no file that comes before it", TestTar.begin().folder("d/").hardLink("x", "d"));
        isRefused("which is no folder", TestTar.begin().file("f", "").file("f/x", ""));
        isRefused("which deletes no name", TestTar.begin().file("d/x", "").file("d/.wh...", ""));
    }

    @Test
    void devicesAreLeftOutAndSoAreTheNotesOfOverlays() throws Exception {
        var image =
                merged(
                        TestTar.begin()
                                .folder("dev/")
                                .entry('3', "dev/null", "", 0)
                                .entry('4', "dev/sda", "", 0)
                                .hardLink("dev/again", "dev/sda")
                                .extended("SCHILY.xattr.trusted.overlay.redirect", "/etc")
                                .extended("SCHILY.xattr.trusted.overlay.opaque", "y")
                                .folder("d/"));

        assertThat(paths(image)).containsExactly("d", "dev");
        assertThat(Squashfs.xattrs(image.root(), "/d")).isEmpty();
    }

    @Test
    void theDeepestTreeThatLinuxCanHaveIsMergedAndDeleted() throws Exception {
        String deep = "a/".repeat(2000) + "f";
        var image =
                merged(
                        TestTar.begin().extended("path", deep).file("x", "deep"),
                        TestTar.begin().file("kept", ""),
                        TestTar.begin().file(".wh.a", ""));

        assertThat(paths(image)).containsExactly("kept");
    }

    @Test
    void layersCompressedWithZstdOrNotAtAllAreTheSame() throws Exception {
        byte[] tar = TestTar.begin().file("f", "content").finish();
        String unpacked = Digests.of(tar);
        for (byte[] packed : List.of(tar, Zstd.compress(tar), TestImage.gzip(tar))) {
            var image = loaded(new TestImage().layer(packed, unpacked));
            assertThat(Squashfs.content(image.root(), "/f")).isEqualTo("content");
        }
        assertThat(images.list()).hasSize(3);
    }

    @Test
    void aLayerThatUnpacksToSomethingElseThanTheConfigurationSaysIsRefused() {
        byte[] tar = TestTar.begin().file("f", "").finish();
        var image = new TestImage().layer(TestImage.gzip(tar), "0".repeat(64));

        assertThatThrownBy(() -> loaded(image)).hasMessageContaining("unpacks to the digest");
    }

    @Test
    void aLayerThatIsCutOffIsRefused() {
        byte[] tar = TestTar.begin().file("f", "content").finish();
        byte[] packed = TestImage.gzip(tar);
        for (int length : List.of(packed.length - 1, packed.length / 2, 12)) {
            var image =
                    new TestImage().layer(java.util.Arrays.copyOf(packed, length), Digests.of(tar));
            assertThatThrownBy(() -> loaded(image))
                    .as("%d bytes", length)
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID));
        }
    }

    @Test
    void bombsAreRefusedByWhatTheySayAndByWhatTheyAre() throws Exception {
        var limits = new ImageLimits(dev.stasis.ByteSize.ofMebibytes(1), 1000);
        var small =
                ImageStore.open(Files.createDirectory(temp.resolve("small")), limits, "tar2sqfs");
        var declared =
                TestImage.of(
                        TestTar.begin().entry('0', "a", "", 600_000).content(new byte[600_000]),
                        TestTar.begin().entry('0', "b", "", 600_000).content(new byte[600_000]));
        assertThatThrownBy(() -> load(small, declared)).hasMessageContaining("holds more than 1M");

        var many = TestTar.begin();
        for (int i = 0; i < 600; i++) {
            many.file("f" + i, "");
        }
        var entries = TestImage.of(many, many);
        assertThatThrownBy(() -> load(small, entries))
                .hasMessageContaining("more than 1000 entries");

        var sparse =
                TestImage.of(
                        TestTar.begin()
                                .extended("GNU.sparse.major", "1")
                                .extended("GNU.sparse.minor", "0")
                                .extended("GNU.sparse.realsize", "99999999999999")
                                .entry('0', "hole", "", 512)
                                .content(
                                        "0\n"
                                                .getBytes(
                                                        java.nio.charset.StandardCharsets
                                                                .US_ASCII)));
        assertThatThrownBy(() -> load(small, sparse))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID));
        assertThat(small.list()).isEmpty();
    }

    private void load(ImageStore into, TestImage image) throws Exception {
        into.load(image.layout(temp.resolve("i.tar"), "x"), Duration.ofMinutes(1), _ -> {});
    }
}
