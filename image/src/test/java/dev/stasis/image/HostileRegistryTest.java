package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.PullPolicy;
import dev.stasis.StasisException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A registry that is damaged or means harm.
class HostileRegistryTest {
    private static final TestImage IMAGE = TestImage.large(1, 100_000);
    private static final String LAYER = "blobs/sha256:" + IMAGE.layers.getFirst().digest();

    @TempDir Path temp;
    private TestRegistry registry;
    private ImageStore images;
    private Duration atMost = Duration.ofMinutes(1);

    @BeforeEach
    void start() throws Exception {
        registry = TestRegistry.start().with(IMAGE, "app", "1");
        images = ImageStore.open(Files.createDirectory(temp.resolve("images")));
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
        try (var left = Files.list(temp.resolve("images"))) {
            assertThat(left.map(f -> f.getFileName().toString())).isSubsetOf(".blobs");
        }
    }

    private ImageRecord pull(String name) {
        return pull(name, Optional.empty());
    }

    private ImageRecord pull(String name, Optional<Credentials> login) {
        var access =
                new RegistryAccess(
                        RegistryAccess.Transport.PLAIN_HTTP,
                        List.of(),
                        temp.resolve("none"),
                        login);
        return images.pull(
                registry.name(name),
                new ImageStore.Pull(PullPolicy.ALWAYS, access, atMost, _ -> {}));
    }

    private void isRefused(ErrorCode code, String message) {
        isRefused("app:1", code, message);
    }

    private void isRefused(String name, ErrorCode code, String message) {
        assertThatThrownBy(() -> pull(name))
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
        assertThat(images.list()).isEmpty();
    }

    private static byte[] damaged(byte[] content) {
        byte[] copy = content.clone();
        copy[copy.length / 2] ^= 1;
        return copy;
    }

    @Test
    void everyKindOfBlobThatIsNotWhatItsDigestSaysIsRefused() {
        registry.put("app", LAYER, TestRegistry.ok(damaged(IMAGE.layers.getFirst().packed())));
        isRefused(ErrorCode.IMAGE_INVALID, "arrived with the digest");

        String config = "blobs/sha256:" + Digests.of(IMAGE.configBlob());
        registry.put("app", config, TestRegistry.ok(damaged(IMAGE.configBlob())));
        isRefused(ErrorCode.IMAGE_INVALID, "has the digest");

        String manifest = "sha256:" + IMAGE.digest();
        registry.put("app", "manifests/" + manifest, TestRegistry.ok(damaged(IMAGE.manifest())));
        isRefused("app@" + manifest, ErrorCode.IMAGE_INVALID, "has the digest");

        registry.put("app", "manifests/all", TestRegistry.ok(IMAGE.index()));
        isRefused("app:all", ErrorCode.IMAGE_INVALID, "has the digest");
        isRefused("app@sha256:" + "0".repeat(64), ErrorCode.IMAGE_NOT_FOUND, "is not there");
    }

    @Test
    void nothingOfADamagedLayerIsKept() throws Exception {
        registry.put("app", LAYER, TestRegistry.ok(damaged(IMAGE.layers.getFirst().packed())));
        isRefused(ErrorCode.IMAGE_INVALID, "arrived with the digest");
        registry.with(IMAGE, "app", "1");
        assertThat(pull("app:1").digest()).isEqualTo(IMAGE.digest());
        images.remove(IMAGE.digest());
        Files.delete(temp.resolve("images/names"));
    }

    @Test
    void documentsWithoutEndAreNotRead() {
        registry.put(
                "app",
                "manifests/1",
                (_, out) -> {
                    TestRegistry.head(out, 200);
                    endless(out);
                });
        isRefused(ErrorCode.IMAGE_INVALID, "more bytes than any image needs");

        registry.with(IMAGE, "app", "1");
        registry.put(
                "app",
                "blobs/sha256:" + Digests.of(IMAGE.configBlob()),
                (_, out) -> {
                    TestRegistry.head(out, 200);
                    endless(out);
                });
        isRefused(ErrorCode.IMAGE_INVALID, "more bytes than any image needs");
    }

    private static void endless(OutputStream out) throws java.io.IOException {
        byte[] spaces = new byte[1 << 16];
        Arrays.fill(spaces, (byte) ' ');
        while (true) {
            out.write(spaces);
        }
    }

    @Test
    void aLayerWithoutEndIsReadAsFarAsItsSizeSays() {
        registry.put(
                "app",
                LAYER,
                (_, out) -> {
                    TestRegistry.head(out, 200);
                    endless(out);
                });
        isRefused(ErrorCode.IMAGE_INVALID, "arrived with the digest");
    }

    @Test
    void aRegistryThatFallsSilentIsLeftWhenTimeIsUp() {
        atMost = Duration.ofSeconds(3);
        registry.put(
                "app",
                LAYER,
                (_, out) -> {
                    TestRegistry.head(out, 200, "Content-Length: 100000");
                    out.write(new byte[1000]);
                    out.flush();
                    silent();
                });
        isRefused(ErrorCode.DEADLINE_EXCEEDED, "within PT3S");
        registry.put("app", "manifests/1", (_, _) -> silent());
        isRefused(ErrorCode.DEADLINE_EXCEEDED, "within PT3S");
    }

    private static void silent() {
        try {
            Thread.sleep(60_000);
        } catch (InterruptedException e) {
            // The registry ends.
        }
    }

    @Test
    void sizesThatCannotBeAreRefused() {
        byte[] huge =
                TestImage.text(
                        new String(IMAGE.manifest(), java.nio.charset.StandardCharsets.UTF_8)
                                .replaceAll(
                                        "\"size\":" + IMAGE.layers.getFirst().packed().length,
                                        "\"size\":99999999999999"));
        registry.put("app", "manifests/1", TestRegistry.ok(huge));
        isRefused(ErrorCode.IMAGE_INVALID, "to have more than 64G");
        byte[] negative =
                TestImage.text(
                        new String(huge, java.nio.charset.StandardCharsets.UTF_8)
                                .replace("99999999999999", "-1"));
        registry.put("app", "manifests/1", TestRegistry.ok(negative));
        isRefused(ErrorCode.IMAGE_INVALID, "the size -1");
    }

    @Test
    void documentsThatAreNoneAreRefused() {
        for (String text :
                List.of(
                        "",
                        "nothing",
                        "[]",
                        "{}",
                        "{\"config\":7,\"layers\":[]}",
                        "{\"manifests\":{}}",
                        "{\"config\":{\"digest\":\"sha256:../../x\",\"size\":1},\"layers\":[]}",
                        "[".repeat(100_000))) {
            registry.put("app", "manifests/1", TestRegistry.ok(TestImage.text(text)));
            isRefused(ErrorCode.IMAGE_INVALID, "manifest sha256:");
        }
        registry.put(
                "app",
                "manifests/1",
                TestRegistry.ok(TestImage.text("{\"fsLayers\":[],\"schemaVersion\":1}")));
        isRefused(ErrorCode.IMAGE_INVALID, "old format 1");
    }

    @Test
    void imagesForOtherComputersAreRefused() {
        var other = TestImage.large(1, 100).architecture("s390x");
        registry.with(other, "other", "1");
        isRefused("other:1", ErrorCode.IMAGE_INVALID, "for linux/s390x");
        String none =
                new String(IMAGE.index(), java.nio.charset.StandardCharsets.UTF_8)
                        .replace("\"" + Manifest.architecture() + "\"", "\"riscv64\"");
        registry.put("app", "manifests/1", TestRegistry.ok(TestImage.text(none)));
        isRefused(ErrorCode.IMAGE_NOT_FOUND, "only for linux/s390x, linux/riscv64");
    }

    @Test
    void indexesOfIndexesEnd() {
        byte[] inner = IMAGE.index();
        for (int i = 0; i < 5; i++) {
            registry.put("app", "manifests/sha256:" + Digests.of(inner), TestRegistry.ok(inner));
            inner =
                    TestImage.text(
                            "{\"manifests\":[%s]}"
                                    .formatted(
                                            TestImage.descriptor(
                                                    "application/vnd.oci.image.index.v1+json",
                                                    inner)));
        }
        registry.put("app", "manifests/1", TestRegistry.ok(inner));
        isRefused(ErrorCode.IMAGE_INVALID, "indexes of indexes");
    }

    @Test
    void aConfigurationThatNoProgramCanHaveIsRefused() {
        registry.with(TestImage.large(1, 100).config("{\"Env\":[\"A=\\u0000\"]}"), "nul", "1");
        isRefused("nul:1", ErrorCode.IMAGE_INVALID, "a NUL");
        registry.with(TestImage.large(1, 100).config("{\"Env\":\"A\"}"), "text", "1");
        isRefused("text:1", ErrorCode.IMAGE_INVALID, "no list 'Env'");
    }

    @Test
    void aLoginIsToldToTheRegistryAloneAndNotToWhereItSendsUs() throws Exception {
        try (var elsewhere = TestRegistry.start()) {
            elsewhere.put("app", LAYER, TestRegistry.ok(IMAGE.layers.getFirst().packed()));
            askFor("basic", registry);
            registry.put(
                    "app",
                    LAYER,
                    TestRegistry.status(
                            307, "Location: http://" + elsewhere.host() + "/v2/app/" + LAYER));
            pull("app:1", Optional.of(new Credentials("me", "secret")));
            assertThat(registry.requestsFor("manifests/1").getLast().header("authorization"))
                    .isPresent();
            assertThat(elsewhere.requests).hasSize(1);
            assertThat(elsewhere.requests.getFirst().headers()).doesNotContainKey("authorization");
        } finally {
            images.remove(IMAGE.digest());
            Files.delete(temp.resolve("images/names"));
        }
    }

    /// Has the manifest only for those who say who they are.
    private static void askFor(String kind, TestRegistry registry) {
        registry.put(
                "app",
                "manifests/1",
                (request, out) -> {
                    var answer =
                            request.header("authorization").isPresent()
                                    ? TestRegistry.ok(IMAGE.manifest())
                                    : TestRegistry.status(
                                            401, "WWW-Authenticate: " + kind + " realm=\"r\"");
                    answer.send(request, out);
                });
    }

    @Test
    void redirectsThatLeadNowhereOrToOtherProtocolsAreRefused() {
        registry.put("app", LAYER, TestRegistry.status(302, "Location: /v2/app/" + LAYER));
        isRefused(ErrorCode.REGISTRY_FAILED, "more than 5 times");
        for (String to : List.of("file:///etc/passwd", "ftp://x/y", "http:", ":::")) {
            registry.put("app", LAYER, TestRegistry.status(302, "Location: " + to));
            isRefused(ErrorCode.REGISTRY_FAILED, "which is not done");
        }
    }

    @Test
    void whatBeganEncryptedStaysEncrypted() {
        assertThatThrownBy(() ->
                        RegistryHttp.next(
                                java.net.URI.create("https://registry/v2/"), "http://registry/v2/"))
                .hasMessageContaining("sends us on from https to 'http://registry/v2/'");
    }

    @Test
    void tokensComeFromSafePlacesOnlyAndAreBounded() {
        askFor("Bearer", registry);
        isRefused(ErrorCode.REGISTRY_FAILED, "for a token, which is not done");
        registry.put("app", "manifests/1", bearer("file:///etc/passwd"));
        isRefused(ErrorCode.REGISTRY_FAILED, "'file:///etc/passwd' for a token");

        registry.put("app", "manifests/1", bearer("http://" + registry.host() + "/token"));
        registry.answers.put("/token", TestRegistry.ok(TestImage.text("{\"token\":\"a\\nb\"}")));
        isRefused(ErrorCode.ACCESS_DENIED, "gave no token");
        registry.answers.put("/token", TestRegistry.status(401));
        isRefused(ErrorCode.ACCESS_DENIED, "with 401");
        registry.answers.put(
                "/token",
                (_, out) -> {
                    TestRegistry.head(out, 200);
                    endless(out);
                });
        isRefused(ErrorCode.IMAGE_INVALID, "for a token is no JSON");
        atMost = Duration.ofSeconds(3);
        registry.answers.put(
                "/token",
                (_, out) -> {
                    TestRegistry.head(out, 200, "Content-Length: 100");
                    out.flush();
                    silent();
                });
        isRefused(ErrorCode.DEADLINE_EXCEEDED, "within PT3S");
    }

    private static TestRegistry.Answer bearer(String realm) {
        return TestRegistry.status(
                401, "WWW-Authenticate: Bearer realm=\"" + realm + "\",service=\"s\"");
    }

    @Test
    void whatARegistrySaysIsShownWithoutItsControlCharactersAndCutOff() {
        registry.put(
                "app",
                "manifests/1",
                (_, out) -> {
                    TestRegistry.head(out, 403, "Content-Length: 9000");
                    out.write(
                            ("\u001b[2J" + "x".repeat(8996))
                                    .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
                });
        assertThatThrownBy(() -> pull("app:1"))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000))
                .hasMessageContaining("\\u001b[2J")
                .hasMessageContaining("stasis login " + registry.host());
    }
}
