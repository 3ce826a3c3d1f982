package dev.stasis.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.ExecOutcome;
import dev.stasis.StasisException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecAndRunTest {
    private final CommandRun cli = new CommandRun();

    @BeforeEach
    void makeASandbox() {
        cli.stasis.create("box", s -> s.detached());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 10, 125, 255})
    void theExitCodeIsTheCommands(int code) {
        cli.stasis.guest = (_, _) -> new ExecOutcome.Exited(code);

        assertThat(cli.run("exec", "box", "--", "false")).isEqualTo(code);
        assertThat(cli.run("run", "--", "false")).isEqualTo(code);
        assertThat(cli.err()).isEmpty();
    }

    @Test
    void outcomesBecomeWhatAShellReports() {
        cli.stasis.guest = (_, _) -> new ExecOutcome.Signaled(9);
        assertThat(cli.run("exec", "box", "x")).isEqualTo(137);
        cli.stasis.guest = (_, _) -> new ExecOutcome.TimedOut(Duration.ofSeconds(2));
        assertThat(cli.run("exec", "--timeout", "2s", "box", "x")).isEqualTo(124);
        assertThat(cli.err()).isEqualTo("stasis: 'x' was killed after its timeout of 2000 ms\n");
        cli.stasis.guest =
                (_, _) ->
                        new ExecOutcome.NotStarted(
                                ExecOutcome.Failure.PROGRAM_NOT_FOUND, "no such program");
        assertThat(cli.run("exec", "box", "x")).isEqualTo(127);
        assertThat(cli.err()).isEqualTo("stasis: 'x' could not be started: no such program\n");
    }

    @Test
    void bytesPassThroughUnchanged() {
        byte[] all = new byte[256 * 300];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        cli.in = new ByteArrayInputStream(all);
        cli.stasis.guest =
                (_, settings) -> {
                    var streams = settings.streams();
                    streams.stdin().orElseThrow().transferTo(streams.stdout().orElseThrow());
                    streams.stderr().orElseThrow().write("separate".getBytes(UTF_8));
                    return new ExecOutcome.Exited(0);
                };

        assertThat(cli.run("exec", "box", "--", "cat")).isZero();
        assertThat(cli.outBytes()).isEqualTo(all);
        assertThat(cli.err()).isEqualTo("separate");
    }

    @Test
    void optionsReachTheCommandAndItsOwnOptionsAreLeftAlone() {
        assertThat(
                        cli.run(
                                "exec",
                                "-e",
                                "A=1=2",
                                "--env",
                                "B=",
                                "-w",
                                "/tmp",
                                "--timeout",
                                "1500ms",
                                "box",
                                "--",
                                "ls",
                                "-l",
                                "--help",
                                "--",
                                "-e"))
                .isZero();

        var exec = sandbox("box").lastExec;
        assertThat(exec.command()).isEqualTo(List.of("ls", "-l", "--help", "--", "-e"));
        assertThat(exec.env().variables())
                .containsEntry("A", "1=2")
                .containsEntry("B", "")
                .hasSize(2);
        assertThat(exec.start().folder()).hasValue("/tmp");
        assertThat(exec.timeout()).contains(Duration.ofMillis(1500));
    }

    @Test
    void thereIsNoTimeoutUnlessOneIsGiven() {
        cli.run("exec", "box", "sleep", "1000");

        assertThat(sandbox("box").lastExec.timeout()).isEmpty();
    }

    @Test
    void failuresOfStasisEndWith125() {
        assertThat(cli.run("exec", "nobody", "--", "true")).isEqualTo(125);
        assertThat(cli.err()).isEqualTo("stasis: There is no sandbox 'nobody'\n");
        assertThat(cli.run("exec", "box")).isEqualTo(125);
        assertThat(cli.run("exec", "--bad", "box", "true")).isEqualTo(125);
        assertThat(cli.run("exec", "-w", "relative", "box", "true")).isEqualTo(125);
        assertThat(cli.run("exec", "--timeout", "30", "box", "true")).isEqualTo(125);
        assertThat(cli.err()).contains("'30' is no time").contains("30s");
        cli.stasis.fail("create", new StasisException(ErrorCode.PROGRAM_MISSING, "No QEMU"));
        assertThat(cli.run("run", "--", "true")).isEqualTo(125);
        assertThat(cli.err()).isEqualTo("stasis: No QEMU\n");
    }

    @Test
    void runRemovesItsSandboxHoweverTheCommandEnds() {
        var seen = new HashMap<String, Boolean>();
        cli.stasis.guest =
                (sandbox, _) -> {
                    seen.put(sandbox.name(), sandbox.attached);
                    return new ExecOutcome.Exited(3);
                };

        assertThat(cli.run("run", "--name", "once", "--memory", "256M", "--", "x")).isEqualTo(3);
        assertThat(seen).containsExactly(Map.entry("once", true));
        cli.stasis.guest =
                (_, _) -> {
                    throw new StasisException(ErrorCode.MACHINE_FAILED, "The machine ended");
                };
        assertThat(cli.run("run", "--", "x")).isEqualTo(125);
        assertThat(cli.stasis.sandboxes.keySet()).containsExactly("box");
    }

    @Test
    void runKnowsTheImageFromTheCommand() {
        var images = new ArrayList<String>();
        cli.stasis.guest =
                (sandbox, settings) -> {
                    images.add(
                            sandbox.image
                                    + " "
                                    + settings.start().program()
                                    + " "
                                    + settings.command());
                    return new ExecOutcome.Exited(0);
                };
        cli.run("run");
        cli.run("run", "--", "wc", "-w");
        cli.run("run", "a.tar");
        cli.run("run", "a.tar", "wc", "-w");
        cli.run("run", "a.tar", "--", "wc", "--", "x");
        cli.run("run", "--image", "a.tar", "wc", "-w");
        cli.run("run", "--entrypoint", "sh", "-u", "me:you", "a.tar", "-c", "x");
        cli.run("run", "--entrypoint", "", "a.tar", "wc");
        assertThat(images)
                .containsExactly(
                        "busybox OF_IMAGE []",
                        "busybox OF_IMAGE [wc, -w]",
                        "a.tar OF_IMAGE []",
                        "a.tar OF_IMAGE [wc, -w]",
                        "a.tar OF_IMAGE [wc, --, x]",
                        "a.tar OF_IMAGE [wc, -w]",
                        "a.tar GIVEN [sh, -c, x]",
                        "a.tar GIVEN [wc]");
    }

    @Test
    void aSignalDuringRunRemovesTheSandboxAndSaysNothing() {
        var session = cli.session();
        cli.stasis.guest =
                (_, _) -> {
                    session.abandon();
                    throw new StasisException(ErrorCode.MACHINE_FAILED, "The machine ended");
                };

        new StasisCommandLine(session).run("run", "--", "sleep", "100");

        assertThat(cli.stasis.sandboxes.keySet()).containsExactly("box");
        assertThat(cli.err()).isEmpty();
    }

    @Test
    void aReaderThatGoesAwayEndsTheCommandQuietly() {
        cli.stasis.guest =
                (_, settings) -> {
                    settings.streams().stdout().orElseThrow().write(1);
                    return new ExecOutcome.Exited(0);
                };
        var nobody =
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("Broken pipe");
                    }
                };
        var terminal =
                new Terminal(
                        cli.in, nobody, OutputStream.nullOutputStream(), false, false, cli.env);

        int code =
                new StasisCommandLine(new Session(terminal, () -> cli.stasis))
                        .run("exec", "box", "yes");

        assertThat(code).isEqualTo(141);
    }

    private FakeSandbox sandbox(String name) {
        return Objects.requireNonNull(cli.stasis.sandboxes.get(name));
    }
}
