package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.PullPolicy;
import dev.stasis.StasisException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who we are at registries, and where that is kept.
class LoginTest {
    private static final TestImage IMAGE = TestImage.of(TestTar.begin().file("f", ""));

    @TempDir Path temp;
    private Path config;
    private TestRegistry registry;

    @BeforeEach
    void start() throws Exception {
        config = temp.resolve("docker/config.json");
        registry = TestRegistry.start().with(IMAGE, "app", "1");
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
    }

    private RegistryAccess access() {
        return TestRegistry.access(temp);
    }

    private void write(String json) throws Exception {
        Files.createDirectories(config.getParent());
        Files.writeString(config, json);
    }

    private Optional<Credentials> known(String registry) {
        return DockerConfig.read(config).find(registry);
    }

    private static String basic(String user, String secret) {
        return Base64.getEncoder()
                .encodeToString((user + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void loginsAreReadAsDockerWritesThem() throws Exception {
        write(
                """
                {"auths": {"reg:5000": {"auth": "%s"}, "https://other/v1/": {"auth": "%s"},
                 "https://index.docker.io/v1/": {"auth": "%s"}, "tok": {"identitytoken": "t"},
                 "empty": {}}}
                """
                        .formatted(basic("me", "a:b"), basic("you", "p"), basic("hub", "h")));

        assertThat(known("reg:5000")).contains(new Credentials("me", "a:b"));
        assertThat(known("other")).contains(new Credentials("you", "p"));
        assertThat(known("docker.io")).contains(new Credentials("hub", "h"));
        assertThat(known("tok")).contains(Credentials.token("t"));
        assertThat(known("empty")).isEmpty();
        assertThat(known("reg")).isEmpty();
        assertThat(known("reg:5000").toString()).doesNotContain("a:b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "{\"auths\":{\"r\":{\"auth\":\"!\"}}}",
                "{\"credsStore\":\"../x\"}"
            })
    void aConfigurationThatCannotBeReadIsSaid(String json) throws Exception {
        write(json);
        assertThatThrownBy(() -> known("r"))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @Test
    void aLoginIsCheckedAndKeptForItsOwnerAloneBesideWhatWasThere() throws Exception {
        write(
                "{\"detachKeys\": \"ctrl-x\", \"auths\": {\"old\": {\"auth\": \"%s\"}}}"
                        .formatted(basic("a", "b")));
        registry.answers.put(
                "/v2/",
                (request, out) -> {
                    boolean right =
                            request.header("authorization")
                                    .equals(Optional.of("Basic " + basic("me", "secret")));
                    (right
                                    ? TestRegistry.ok(new byte[0])
                                    : TestRegistry.status(
                                            401, "WWW-Authenticate: Basic realm=\"r\""))
                            .send(request, out);
                });
        assertThatThrownBy(() ->
                        RegistryLogin.login(registry.host(), new Credentials("me", "no"), access()))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
        assertThat(known(registry.host())).isEmpty();

        RegistryLogin.login(registry.host(), new Credentials("me", "secret"), access());
        assertThat(known(registry.host())).contains(new Credentials("me", "secret"));
        assertThat(known("old")).isPresent();
        assertThat(Files.readString(config)).contains("detachKeys");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
                .isEqualTo("rw-------");

        RegistryLogin.logout(registry.host(), access());
        assertThat(known(registry.host())).isEmpty();
        assertThat(known("old")).isPresent();
    }

    @Test
    void helpersKeepLoginsInsteadOfTheFile() throws Exception {
        Path bin = Files.createDirectory(temp.resolve("bin"));
        Path helper = bin.resolve("docker-credential-test");
        Path kept = temp.resolve("kept");
        Files.writeString(
                helper,
                """
                #!/bin/sh
                case $1 in
                    store) cat > %1$s ;;
                    get) server=$(cat); grep -q "\"$server\"" %1$s 2>/dev/null && cat %1$s || { echo credentials not found; exit 1; } ;;
                    erase) rm %1$s ;;
                esac
                """
                        .formatted(kept));
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
        var other = new CredentialHelper(helper.toString(), "test");

        assertThat(other.get("reg:1")).isEmpty();
        other.store("reg:1", new Credentials("me", "s\"x"));
        assertThat(other.get("reg:1")).contains(new Credentials("me", "s\"x"));
        assertThat(other.get("reg:2")).isEmpty();
        other.erase("reg:1");
        assertThat(kept).doesNotExist();

        Files.writeString(helper, "#!/bin/sh\necho broken\nexit 3\n");
        assertThatThrownBy(() -> other.get("reg:1")).hasMessageContaining("'broken'");
    }

    @Test
    void aHelperThatIsNotInstalledIsNamed() throws Exception {
        write(
                "{\"credHelpers\": {\"reg:1\": \"not-there\"}, \"auths\": {\"reg:2\": {\"auth\": \"%s\"}}}"
                        .formatted(basic("a", "b")));
        assertThat(known("reg:2")).isPresent();
        assertThatThrownBy(() -> known("reg:1"))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.PROGRAM_MISSING))
                .hasMessageContaining("docker-credential-not-there");
    }

    /// Has the manifest for those with the token only.
    private void askForToken() {
        registry.put(
                "app",
                "manifests/1",
                (request, out) -> {
                    boolean right = request.header("authorization").equals(Optional.of("Bearer T"));
                    (right
                                    ? TestRegistry.ok(IMAGE.manifest())
                                    : TestRegistry.status(
                                            401,
                                            "WWW-Authenticate: Bearer realm=\"http://%s/token?x=1\",service=\"a b\",scope=\"other\""
                                                    .formatted(registry.host())))
                            .send(request, out);
                });
        registry.answers.put("/token", TestRegistry.ok(TestImage.text("{\"access_token\":\"T\"}")));
    }

    private void pull() throws Exception {
        var images = ImageStore.open(Files.createTempDirectory(temp, "images"));
        images.pull(
                registry.name("app:1"),
                new ImageStore.Pull(PullPolicy.ALWAYS, access(), Duration.ofMinutes(1), _ -> {}));
    }

    @Test
    void aTokenIsGotForThisRepositoryAndByWhoeverIsKnown() throws Exception {
        askForToken();
        pull();
        var asked = registry.requestsFor("/token").getFirst();
        assertThat(asked.path()).contains("x=1&service=a+b&scope=repository%3Aapp%3Apull");
        assertThat(asked.headers()).doesNotContainKey("authorization");
        assertThat(registry.requestsFor("/token")).hasSize(1);

        write(
                "{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}"
                        .formatted(registry.host(), basic("me", "pw")));
        pull();
        assertThat(registry.requestsFor("/token").getLast().header("authorization"))
                .contains("Basic " + basic("me", "pw"));
    }

    @Test
    void anIdentityTokenIsExchangedForOne() throws Exception {
        askForToken();
        write(
                "{\"auths\": {\"%s\": {\"identitytoken\": \"long lived\"}}}"
                        .formatted(registry.host()));
        pull();
        var asked = registry.requestsFor("/token").getFirst();
        assertThat(asked.method()).isEqualTo("POST");
        assertThat(asked.body())
                .contains("grant_type=refresh_token", "refresh_token=long+lived", "service=a+b");
    }

    @ParameterizedTest
    @CsvSource({
        "python, docker.io/library/python:latest, python:latest",
        "python:3.12, docker.io/library/python:3.12, python:3.12",
        "team/app, docker.io/team/app:latest, team/app:latest",
        "localhost/x, localhost/x:latest, localhost/x:latest",
        "localhost:5000/x, localhost:5000/x:latest, localhost:5000/x:latest",
        "reg.example.com/a/b/c:v1.0_x-y, reg.example.com/a/b/c:v1.0_x-y, reg.example.com/a/b/c:v1.0_x-y",
        "index.docker.io/library/x, docker.io/library/x:latest, x:latest",
        "busybox, docker.io/library/busybox:latest, docker.io/library/busybox:latest",
        "[::1]:5000/x, [::1]:5000/x:latest, [::1]:5000/x:latest",
    })
    void namesAreReadAsDockerReadsThem(String text, String full, String shown) {
        assertThat(ImageReference.parse(text).full()).isEqualTo(full);
        assertThat(ImageReference.parse(text)).hasToString(shown);
        assertThat(ImageReference.parse(full)).isEqualTo(ImageReference.parse(text));
    }

    @Test
    void aDigestGoesOverATag() {
        String digest = "sha256:" + "a".repeat(64);
        var name = ImageReference.parse("reg:1/app:tag@" + digest);
        assertThat(name.version()).isEqualTo(digest);
        assertThat(name.full()).isEqualTo("reg:1/app@" + digest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "Upper",
                "a//b",
                "a/",
                "-a",
                "a:",
                "a:b c",
                "a@sha256:12",
                "a@md5:x",
                "https://a/b",
                "a..b",
                "../x",
                "reg:99999999/x",
                "a\u001b[2J",
                "a@sha256:" + "A"
            })
    void whatIsNoNameIsRefusedAndShownWithoutControlCharacters(String text) {
        assertThatThrownBy(() -> ImageReference.parse(text))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_NAME))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\u001b"));
    }

    @Test
    void namesThatAreTooLongAreRefused() {
        for (String text : List.of("a".repeat(256), "a:" + "t".repeat(129))) {
            assertThatThrownBy(() -> ImageReference.parse(text))
                    .isInstanceOf(StasisException.class);
        }
    }
}
