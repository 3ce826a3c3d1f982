package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.PullPolicy;
import dev.stasis.PullSettings;
import dev.stasis.SandboxSettings;
import dev.stasis.StasisException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageCommandsTest {
    private final CommandRun cli = new CommandRun();
    @TempDir Path temp;

    private PullSettings asked() {
        return Objects.requireNonNull(cli.stasis.images.asked);
    }

    private SandboxSettings created() {
        return Objects.requireNonNull(cli.stasis.created);
    }

    @Test
    void pullPrintsTheDigestAndAsksTheRegistryUnlessToldOtherwise() {
        assertThat(cli.run("images", "pull", "python:3.12")).isZero();
        assertThat(cli.out()).isEqualTo(FakeImages.image("python:3.12").digest() + "\n");
        assertThat(cli.err()).isEmpty();
        assertThat(asked().policy()).isEqualTo(PullPolicy.ALWAYS);
        assertThat(asked().registry().plainHttp()).isFalse();

        cli.run(
                "images",
                "pull",
                "--plain-http",
                "--ca",
                "/a.pem",
                "--ca",
                "/b.pem",
                "--pull",
                "never",
                "--timeout",
                "5m",
                "x");
        assertThat(asked().policy()).isEqualTo(PullPolicy.NEVER);
        assertThat(asked().registry().plainHttp()).isTrue();
        assertThat(asked().registry().authorities())
                .containsExactly(Path.of("/a.pem"), Path.of("/b.pem"));
        assertThat(asked().timeout()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void onATerminalEachLayerIsShownAndTakenAway() {
        cli.onTerminal = true;
        assertThat(cli.run("images", "pull", "python:3.12")).isZero();
        assertThat(cli.err())
                .contains("aaaa  fetching  1K of 4K")
                .contains("1 of 2 layers")
                .contains("building the root file system")
                .endsWith("\r\033[K");
    }

    @Test
    void sandboxesPullWhatIsMissingUnlessToldOtherwise() {
        assertThat(cli.run("create", "--name", "a", "--image", "python:3.12")).isZero();
        assertThat(created().image()).isEqualTo("python:3.12");
        assertThat(created().pull().policy()).isEqualTo(PullPolicy.IF_MISSING);

        assertThat(
                        cli.run(
                                "run",
                                "--pull",
                                "always",
                                "--plain-http",
                                "--ca",
                                "/c.pem",
                                "app:1",
                                "--",
                                "true"))
                .isZero();
        assertThat(created().image()).isEqualTo("app:1");
        assertThat(created().pull().policy()).isEqualTo(PullPolicy.ALWAYS);
        assertThat(created().pull().registry().plainHttp()).isTrue();
        assertThat(created().pull().registry().authorities()).containsExactly(Path.of("/c.pem"));

        assertThat(cli.run("create", "--pull", "sometimes")).isEqualTo(2);
        assertThat(cli.err()).contains("always, if-missing and never");
    }

    @Test
    void loadPrintsNamesAndTheDigestsOfThoseWithout() {
        assertThat(cli.run("images", "load", "/x.tar")).isZero();
        assertThat(cli.out()).isEqualTo("app\n" + FakeImages.image("").digest() + "\n");
        cli.in = new ByteArrayInputStream("bytes".getBytes(StandardCharsets.UTF_8));
        assertThat(cli.run("images", "load", "-")).isZero();
        assertThat(cli.stasis.calls).contains("load 'bytes'");
    }

    @Test
    void saveWritesAFileThatWasNotThereOrAStream() throws Exception {
        Path file = temp.resolve("a.tar");
        assertThat(cli.run("images", "save", "app", file.toString())).isZero();
        assertThat(file).hasContent("archive");
        assertThat(cli.run("images", "save", "app", file.toString()))
                .isEqualTo(ErrorCode.INVALID_ARGUMENT.category().exitCode());
        assertThat(cli.err()).contains("exists");

        assertThat(cli.run("images", "save", "app", "-")).isZero();
        assertThat(cli.out()).isEqualTo("archive");
        cli.onTerminal = true;
        assertThat(cli.run("images", "save", "app", "-"))
                .isEqualTo(ErrorCode.INVALID_ARGUMENT.category().exitCode());

        cli.stasis.fail("save app", new StasisException(ErrorCode.IO_FAILED, "no"));
        Path other = temp.resolve("b.tar");
        assertThat(cli.run("images", "save", "app", other.toString()))
                .isEqualTo(ErrorCode.IO_FAILED.category().exitCode());
        assertThat(Files.exists(other)).isFalse();
    }

    @Test
    void imagesAreListedWithWhatUsesThem() {
        cli.stasis.images.all.add(FakeImages.image("app", "sandbox a", "snapshot b"));
        assertThat(cli.run("images", "ls")).isZero();
        assertThat(cli.out()).contains("app", "30M", "sandbox a and 1 more");
        assertThat(cli.run("images", "ls", "--format", "json")).isZero();
        assertThat(cli.out())
                .contains(
                        "\"names\" : [ \"app\" ]",
                        "\"diskBytes\" : 31457280",
                        "\"sourceBytes\" : 26214400",
                        "\"users\" : [ \"sandbox a\", \"snapshot b\" ]",
                        "\"entrypoint\" : [ \"/entry\" ]");
    }

    @Test
    void inspectSaysAllAndLetsNothingOfTheImageReachTheTerminalAsItIs() {
        cli.stasis.images.all.add(FakeImages.image("app", "sandbox a"));
        assertThat(cli.run("images", "inspect", "app")).isZero();
        assertThat(cli.out())
                .contains("serve now", "LANG=C", "80/tcp", "SIGINT", "sandbox a")
                .contains("maker=x\\u001b[31my");
        assertThat(cli.run("images", "inspect", "other"))
                .isEqualTo(ErrorCode.IMAGE_NOT_FOUND.category().exitCode());
    }

    @Test
    void removalTriesEachAndPruneTakesWhatNothingUses() {
        cli.stasis.images.all.add(FakeImages.image("app"));
        cli.stasis.images.all.add(FakeImages.image("used", "sandbox a"));
        cli.stasis.images.all.add(FakeImages.image("idle"));
        assertThat(cli.run("images", "rm", "none", "app"))
                .isEqualTo(ErrorCode.IMAGE_NOT_FOUND.category().exitCode());
        assertThat(cli.out()).isEqualTo("app\n");
        assertThat(cli.run("images", "prune")).isZero();
        assertThat(cli.out()).isEqualTo(FakeImages.image("idle").digest() + "\n");
    }

    @Test
    void loginReadsThePasswordFromItsInputOrSaysThatThereIsNoTerminal() {
        cli.in = new ByteArrayInputStream("secret\n".getBytes(StandardCharsets.UTF_8));
        assertThat(cli.run("login", "-u", "me", "--password-stdin", "--plain-http", "reg:5000"))
                .isZero();
        assertThat(cli.stasis.calls).contains("login reg:5000 me secret");
        assertThat(asked().registry().plainHttp()).isTrue();
        assertThat(cli.err()).doesNotContain("secret");

        for (var read : List.of("a b \t ", " \n", "two\nlines\n", "\r\n\r")) {
            cli.in = new ByteArrayInputStream((read + "\r\n").getBytes(StandardCharsets.UTF_8));
            cli.run("login", "-u", "me", "--password-stdin", "reg");
            assertThat(cli.stasis.calls).contains("login reg me " + read);
        }
        cli.in = new ByteArrayInputStream(new byte[(1 << 16) + 1]);
        assertThat(cli.run("login", "-u", "me", "--password-stdin", "reg")).isEqualTo(10);
        assertThat(cli.err()).contains("longer than 65536 bytes");

        assertThat(cli.run("login", "-u", "me", "reg:5000"))
                .isEqualTo(ErrorCode.INVALID_ARGUMENT.category().exitCode());
        assertThat(cli.err()).contains("--password-stdin");

        assertThat(cli.run("logout", "reg:5000")).isZero();
        assertThat(cli.run("logout")).isZero();
        assertThat(cli.stasis.calls).contains("logout reg:5000", "logout docker.io");
    }
}
