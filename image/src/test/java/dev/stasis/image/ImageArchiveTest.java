package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Archives of images: those that are loaded, and those that are saved.
class ImageArchiveTest {
    private static final Duration ATMOST = Duration.ofMinutes(1);
    private static final TestImage IMAGE =
            TestImage.of(
                            TestTar.begin().file("base", "1"),
                            TestTar.begin()
                                    .extended("SCHILY.xattr.user.x", "y")
                                    .entry('0', "top", "", 1, 04755, 1000, 1001)
                                    .content(new byte[] {'2'})
                                    .hardLink("same", "top")
                                    .file(".wh.base", ""))
                    .config("{\"Cmd\":[\"a\"],\"Env\":[\"K=v\"],\"User\":\"1000\"}");

    @TempDir Path temp;
    private ImageStore images;

    @BeforeEach
    void open() throws Exception {
        images = ImageStore.open(Files.createDirectory(temp.resolve("images")));
    }

    @AfterEach
    void nothingElseIsLeft() throws Exception {
        try (var left = Files.list(temp.resolve("images"))) {
            assertThat(left.map(f -> f.getFileName().toString()))
                    .allMatch(name -> name.matches("[0-9a-f]{64}|names"));
        }
    }

    private List<ImageRecord> load(Path file) {
        return images.load(file, ATMOST, _ -> {});
    }

    private List<ImageRecord> load(byte[] content) {
        InputStream in = new ByteArrayInputStream(content);
        return images.load(in, "a stream", ATMOST, _ -> {});
    }

    @Test
    void aDockerSaveIsLoadedUnderItsNamesAndKnownByItsConfiguration() throws Exception {
        var loaded = load(IMAGE.dockerSave(temp.resolve("a.tar"), "app:1", "reg:5000/app:2"));
        assertThat(loaded).hasSize(1);
        assertThat(loaded.getFirst().digest()).isEqualTo(Digests.of(IMAGE.configBlob()));
        assertThat(images.names())
                .containsOnlyKeys("docker.io/library/app:1", "reg:5000/app:2")
                .containsValue(loaded.getFirst().digest());
        assertThat(loaded.getFirst().config().cmd()).containsExactly("a");
        assertThat(Squashfs.describe(loaded.getFirst().root()))
                .containsExactlyInAnyOrder("file top 04755 1000 1001", "file same 04755 1000 1001");
    }

    @Test
    void anOciLayoutIsLoadedAndATagAloneIsNoName() throws Exception {
        var loaded = load(IMAGE.layout(temp.resolve("a.tar"), "latest"));
        assertThat(loaded.getFirst().digest()).isEqualTo(IMAGE.digest());
        assertThat(images.names()).isEmpty();
        load(IMAGE.layout(temp.resolve("b.tar"), "reg:5000/app:2"));
        assertThat(images.names()).containsOnlyKeys("reg:5000/app:2");
        assertThat(images.list()).hasSize(1);
    }

    @Test
    void compressedArchivesAndStreamsAreTheSame() throws Exception {
        byte[] tar = Files.readAllBytes(IMAGE.dockerSave(temp.resolve("a.tar"), "app:1"));
        for (byte[] content : List.of(tar, TestImage.gzip(tar), Zstd.compress(tar))) {
            assertThat(load(content).getFirst().digest()).isEqualTo(Digests.of(IMAGE.configBlob()));
            Path file = Files.write(temp.resolve("b.tar"), content);
            assertThat(load(file).getFirst().digest()).isEqualTo(Digests.of(IMAGE.configBlob()));
        }
        assertThat(images.list()).hasSize(1);
        byte[] root = TestTar.begin().file("etc/hostname", "x").finish();
        assertThat(load(root).getFirst().digest()).isEqualTo(Digests.of(root));
    }

    @Test
    void largeBlobsAreFoundBetweenOthers() throws Exception {
        var large = TestImage.large(3, 3_000_000);
        assertThat(load(large.layout(temp.resolve("a.tar"), "x")).getFirst().digest())
                .isEqualTo(large.digest());
        assertThat(load(large.dockerSave(temp.resolve("b.tar"), "large:1"))).hasSize(1);
    }

    @Test
    void severalImagesOfAnArchiveAreLoadedAndNoneOfThemIsMeant() throws Exception {
        var other = TestImage.of(TestTar.begin().file("other", ""));
        var files = new LinkedHashMap<String, byte[]>();
        var entries = new StringBuilder();
        for (var image : List.of(IMAGE, other)) {
            String manifest = TestImage.descriptor(TestImage.MANIFEST_TYPE, image.manifest());
            entries.append(entries.isEmpty() ? "" : ",").append(manifest);
            files.put("blobs/sha256/" + image.digest(), image.manifest());
            image.blobs().forEach((digest, blob) -> files.put("blobs/sha256/" + digest, blob));
        }
        files.put("index.json", TestImage.text("{\"manifests\":[" + entries + "]}"));
        files.put("oci-layout", TestImage.text("{}"));
        Path file = TestImage.tar(temp.resolve("a.tar"), files);

        assertThatThrownBy(() -> images.importTar(file, ATMOST, _ -> {}))
                .hasMessageContaining("holds 2 images");
        assertThat(load(file))
                .extracting(ImageRecord::digest)
                .containsExactly(IMAGE.digest(), other.digest());
    }

    @Test
    void whatIsSavedIsLoadedAgainAsTheSameTreeWithItsConfigurationAndNames() throws Exception {
        var image = load(IMAGE.dockerSave(temp.resolve("a.tar"), "app:1")).getFirst();
        var out = new ByteArrayOutputStream();
        images.save(image, out, ATMOST);
        images.remove(image.digest());
        assertThat(images.names()).isEmpty();

        var again = load(out.toByteArray()).getFirst();
        assertThat(again.config()).isEqualTo(image.config());
        assertThat(images.names()).containsOnlyKeys("docker.io/library/app:1");
        assertThat(Squashfs.describe(again.root()))
                .containsExactlyInAnyOrder("file top 04755 1000 1001", "file same 04755 1000 1001");
        assertThat(Squashfs.stat(again.root(), "/top")).contains("Hard link count: 2");
        assertThat(Squashfs.xattrs(again.root(), "/same")).contains("user.x=");
    }

    @Test
    void othersReadWhatIsSaved() throws Exception {
        var image = load(IMAGE.dockerSave(temp.resolve("a.tar"), "app:1")).getFirst();
        try (var out = Files.newOutputStream(temp.resolve("saved.tar"))) {
            images.save(image, out, ATMOST);
        }
        for (String kind : List.of("docker-archive", "oci-archive")) {
            DockerRegistry.run(
                    temp, "skopeo", "copy", "--quiet", kind + ":saved.tar", "oci:" + kind + ":x");
            DockerRegistry.run(
                    temp, "umoci", "unpack", "--rootless", "--image", kind + ":x", kind + ".d");
            assertThat(temp.resolve(kind + ".d/rootfs/same")).hasContent("2");
        }
    }

    @Test
    void anArchiveThatIsDamagedAnywhereIsRefusedOrTheSame() throws Exception {
        byte[] good = Files.readAllBytes(IMAGE.layout(temp.resolve("a.tar"), "latest"));
        for (int at = 100; at < good.length; at += 97) {
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            try {
                for (var image : load(bad)) {
                    assertThat(image.digest()).isIn(IMAGE.digest(), Digests.of(bad));
                    images.remove(image.digest());
                }
            } catch (StasisException e) {
                assertThat(e.code())
                        .as(e.getMessage())
                        .isIn(ErrorCode.IMAGE_INVALID, ErrorCode.INVALID_NAME);
            }
            assertThat(images.list()).isEmpty();
        }
    }

    @Test
    void archivesThatPointOutOfThemselvesOrInCirclesAreRefused() throws Exception {
        for (String layer : List.of("../../etc/passwd", "/etc/passwd", "not-there", "")) {
            var files = new LinkedHashMap<String, byte[]>();
            files.put("c.json", IMAGE.configBlob());
            files.put(
                    "manifest.json",
                    TestImage.text(
                            "[{\"Config\":\"c.json\",\"RepoTags\":[],\"Layers\":[\"%s\",\"%s\"]}]"
                                    .formatted(layer, layer)));
            files.put("repositories", TestImage.text("{}"));
            var renamed = new LinkedHashMap<String, byte[]>();
            files.forEach((name, content) ->
                    renamed.put(name.equals("c.json") ? "0".repeat(64) + ".json" : name, content));
            renamed.computeIfPresent(
                    "manifest.json",
                    (_, content) ->
                            TestImage.text(
                                    new String(content, java.nio.charset.StandardCharsets.UTF_8)
                                            .replace("c.json", "0".repeat(64) + ".json")));
            Path file = TestImage.tar(temp.resolve("a.tar"), renamed);
            assertThatThrownBy(() -> load(file))
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID));
        }
        Path circle =
                TestTar.begin()
                        .symbolicLink("manifest.json", "index.json")
                        .symbolicLink("index.json", "manifest.json")
                        .file("oci-layout", "{}")
                        .write(temp.resolve("c.tar"));
        try {
            load(circle).forEach(image -> images.remove(image.digest()));
        } catch (StasisException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID);
        }
    }
}
