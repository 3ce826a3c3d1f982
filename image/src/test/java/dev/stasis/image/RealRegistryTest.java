package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.ImageProgress;
import dev.stasis.PullPolicy;
import dev.stasis.StasisException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pulling from Debian's docker-registry, which skopeo has filled.
class RealRegistryTest {
    private static final int LARGE_BYTES = 20_000_000;

    @TempDir static Path shared;
    private static DockerRegistry registry;
    private static TestImage small;
    private static TestImage large;

    @TempDir Path temp;
    private ImageStore images;

    @BeforeAll
    static void fill() throws Exception {
        registry = DockerRegistry.plain(Files.createDirectory(shared.resolve("plain")));
        small =
                TestImage.of(
                        TestTar.begin().file("base", "1").file("old/x", ""),
                        TestTar.begin().file("top", "2").file("old/.wh.x", ""));
        large = TestImage.large(2, LARGE_BYTES);
        push(small, "small:1");
        push(large, "large:1");
    }

    private static void push(TestImage image, String name, String... options) throws Exception {
        Path folder = image.layoutFolder(Files.createTempDirectory(shared, "image"), "1");
        registry.push("oci:" + folder + ":1", name, options);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @BeforeEach
    void open() throws Exception {
        images = ImageStore.open(Files.createDirectory(temp.resolve("images")));
    }

    private ImageRecord pull(String name, Consumer<ImageProgress> progress) {
        return pull(registry.name(name), registry.access(temp.resolve("none")), progress);
    }

    private ImageRecord pull(
            ImageReference name, RegistryAccess access, Consumer<ImageProgress> progress) {
        return images.pull(
                name,
                new ImageStore.Pull(PullPolicy.ALWAYS, access, Duration.ofMinutes(3), progress));
    }

    @Test
    void imagesOfEachFormatAndCompressionAreTheSameTree() throws Exception {
        push(small.zstd(), "small:zstd");
        push(small, "small:docker", "--format", "v2s2");
        putIndex("small", "index");
        var oci = pull("small:1", _ -> {});
        assertThat(oci.digest()).isEqualTo(small.digest());
        assertThat(pull("small:index", _ -> {}).digest()).isEqualTo(small.digest());
        for (String tag : List.of("zstd", "docker")) {
            var other = pull("small:" + tag, _ -> {});
            assertThat(other.digest()).isNotEqualTo(oci.digest());
            assertThat(Squashfs.describe(other.root())).isEqualTo(Squashfs.describe(oci.root()));
        }
        assertThat(Squashfs.describe(oci.root()))
                .containsExactlyInAnyOrder(
                        "dir old 0755 0 0", "file base 0644 0 0", "file top 0644 0 0");
    }

    private static void putIndex(String repository, String tag) throws Exception {
        String other = new String(small.index(), java.nio.charset.StandardCharsets.UTF_8);
        String mine = other.substring(other.indexOf("},{") + 2);
        byte[] index =
                TestImage.text(
                        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":["
                                + mine);
        try (var client = HttpClient.newHttpClient()) {
            var address =
                    URI.create(
                            "http://%s/v2/%s/manifests/%s"
                                    .formatted(registry.host(), repository, tag));
            var request =
                    HttpRequest.newBuilder(address)
                            .header("Content-Type", "application/vnd.oci.image.index.v1+json")
                            .PUT(HttpRequest.BodyPublishers.ofByteArray(index))
                            .build();
            var response = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
        }
    }

    @Test
    void aPullGoesOnWhenItsRegistryWasKilledAndComesBack() throws Exception {
        var killed = new AtomicBoolean();
        var image =
                pull(
                        "large:1",
                        at -> {
                            if (at.step() != ImageProgress.Step.FETCHING) {
                                return;
                            }
                            if (at.doneBytes() > LARGE_BYTES / 4
                                    && killed.compareAndSet(false, true)) {
                                restart();
                            }
                        });
        assertThat(image.digest()).isEqualTo(large.digest());
        assertThat(killed).isTrue();
    }

    private static void restart() {
        registry.kill();
        try {
            registry.restart();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatAKilledProcessHadFetchedIsUsedByTheNextPull() throws Exception {
        var pulling =
                new ProcessBuilder(
                                System.getProperty("java.home") + "/bin/java",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                classPath(),
                                Pulls.class.getName(),
                                temp.resolve("images").toString(),
                                registry.name("large:1").full())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (var said = pulling.inputReader()) {
            assertThat(said.readLine()).isEqualTo("half");
        } finally {
            pulling.destroyForcibly().waitFor();
        }
        images = ImageStore.open(temp.resolve("images"));
        assertThat(images.list()).isEmpty();

        var first = new ConcurrentHashMap<String, Long>(); // of each layer
        var image =
                pull(
                        "large:1",
                        at -> {
                            if (at.step() == ImageProgress.Step.FETCHING && at.doneBytes() > 0) {
                                first.putIfAbsent(at.layer(), at.doneBytes());
                            }
                        });
        assertThat(image.digest()).isEqualTo(large.digest());
        assertThat(Collections.max(first.values())).isGreaterThan(LARGE_BYTES / 4);
        try (var left = Files.list(temp.resolve("images/.blobs"))) {
            assertThat(left.map(f -> f.getFileName().toString())).containsExactly("in-use");
        }
    }

    private static String classPath() {
        return System.getProperty("jdk.module.path", "")
                + ":"
                + System.getProperty("java.class.path")
                + ":target/classes:target/test-classes";
    }

    /// What the other process does.
    static final class Pulls {
        public static void main(String[] args) {
            var access = TestRegistry.access(Path.of(args[0]));
            ImageStore.open(Path.of(args[0]))
                    .pull(
                            ImageReference.parse(args[1]),
                            new ImageStore.Pull(
                                    PullPolicy.ALWAYS, access, Duration.ofMinutes(2), Pulls::halt));
        }

        private static void halt(ImageProgress at) {
            if (at.step() == ImageProgress.Step.FETCHING && at.doneBytes() > LARGE_BYTES / 2) {
                System.out.println("half");
                java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMinutes(1).toNanos());
            }
        }
    }

    @Test
    void eachKindOfBlobThatIsDamagedInTheRegistryIsRefusedAndGoodAgainIsPulled() throws Exception {
        var other = TestImage.large(1, 50_000);
        push(other, "other:1");
        for (String digest :
                List.of(
                        other.layers.getFirst().digest(),
                        Digests.of(other.configBlob()),
                        other.digest())) {
            Path file = registry.blob(digest);
            byte[] good = Files.readAllBytes(file);
            byte[] bad = good.clone();
            bad[bad.length / 2] ^= 1;
            Files.write(file, bad);
            assertThatThrownBy(() -> pull("other@sha256:" + other.digest(), _ -> {}))
                    .as(digest)
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e ->
                                    assertThat(e.code())
                                            .isIn(
                                                    ErrorCode.IMAGE_INVALID,
                                                    ErrorCode.REGISTRY_FAILED));
            assertThat(images.list()).isEmpty();
            Files.write(file, good);
        }
        assertThat(pull("other:1", _ -> {}).digest()).isEqualTo(other.digest());
    }

    @Test
    void aRegistryWithAnAuthorityOfItsOwnAndLoginsIsUsedByThoseItKnows() throws Exception {
        try (var guarded = DockerRegistry.guarded(Files.createDirectory(temp.resolve("guarded")))) {
            guarded.push(
                    "oci:" + small.layoutFolder(temp.resolve("oci"), "1") + ":1", "team/app:1");
            var name = guarded.name("team/app:1");
            Path config = temp.resolve("docker/config.json");
            var access = guarded.access(config);
            var untrusting =
                    new RegistryAccess(access.transport(), List.of(), config, access.credentials());
            refused(name, untrusting, ErrorCode.REGISTRY_FAILED, "--ca");
            refused(
                    name,
                    new RegistryAccess(
                            RegistryAccess.Transport.PLAIN_HTTP,
                            List.of(),
                            config,
                            access.credentials()),
                    ErrorCode.REGISTRY_FAILED,
                    "HTTPS");
            refused(name, access, ErrorCode.ACCESS_DENIED, "without a login");

            assertThatThrownBy(() ->
                            RegistryLogin.login(
                                    guarded.host(), new Credentials("me", "wrong"), access))
                    .hasMessageContaining("for the login that is known")
                    .hasMessageNotContaining("wrong");
            assertThat(config).doesNotExist();
            RegistryLogin.login(guarded.host(), DockerRegistry.LOGIN, access);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
                    .isEqualTo("rw-------");
            assertThat(pull(name, access, _ -> {}).digest()).isEqualTo(small.digest());

            RegistryLogin.logout(guarded.host(), access);
            refused(name, access, ErrorCode.ACCESS_DENIED, "without a login");
            assertThatThrownBy(() -> RegistryLogin.logout(guarded.host(), access))
                    .hasMessageContaining("no login");
        }
    }

    private void refused(
            ImageReference name, RegistryAccess access, ErrorCode code, String message) {
        assertThatThrownBy(() -> pull(name, access, _ -> {}))
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }
}
