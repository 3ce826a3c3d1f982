package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ExecHandle;
import dev.stasis.ExecOutcome;
import dev.stasis.StasisException;
import dev.stasis.TerminalSize;
import dev.stasis.itest.Machines.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Commands on a terminal.
class TerminalTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final Duration LONG = Duration.ofSeconds(60);

    @ParameterizedTest
    @EnumSource(Stage.class)
    void aShellOnATerminalHasItsSizeAndItsKeys(Stage stage) throws IOException {
        var sandbox = MACHINES.at(stage);
        try (var shell =
                sandbox.execStream(
                        e -> e.command("sh").terminal(new TerminalSize(31, 101)).user("nobody"))) {
            type(shell, "tty; stty size; echo term=$TERM\n");
            ExecStreamTest.awaitText(shell, "term=xterm-256color\r\n");
            shell.resize(new TerminalSize(40, 120));
            type(shell, "stty size\n");
            ExecStreamTest.awaitText(shell, "40 120\r\n");
            type(shell, "sleep 983\n");
            Guest.of(sandbox).sh("until ps | grep -q '[s]leep 983'; do usleep 10000; done");
            type(shell, "\003");
            type(shell, "echo interrupted=$?\n");
            ExecStreamTest.awaitText(shell, "interrupted=130\r\n");
            type(shell, "echo owner $(stat -c %U $(tty))\n");
            ExecStreamTest.awaitText(shell, "owner nobody\r\n");
            type(shell, "exit 4\n");
            assertThat(shell.await()).isEqualTo(new ExecOutcome.Exited(4));
        }
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void programsAreToldOfAnotherSize(Stage stage) {
        var watcher = "trap 'stty size; exit 0' WINCH; echo set; while :; do usleep 10000; done";
        try (var command =
                MACHINES.at(stage).execStream(e -> e.shell(watcher).terminal(TerminalSize.USUAL))) {
            ExecStreamTest.awaitText(command, "set\r\n");
            command.resize(new TerminalSize(7, 9));
            assertThat(command.collect().orThrow().stdout()).contains("7 9\r\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void allThatIsWrittenToATerminalComesAndTheEndOfItsInputIsTyped(Stage stage)
            throws IOException {
        var sandbox = MACHINES.at(stage);
        var seen =
                sandbox.exec(e -> e.shell("stty -onlcr; seq 1 30000").terminal(TerminalSize.USUAL));
        assertThat(seen.orThrow().stdout().lines().filter(line -> !line.isBlank()))
                .hasSize(30_000)
                .last()
                .isEqualTo("30000");
        byte[] much = "0123456789abcdef".repeat(20_000).getBytes(StandardCharsets.UTF_8);
        var plain = sandbox.exec(e -> e.command("md5sum").stdin(much)).orThrow().stdout();
        try (var counting =
                sandbox.execStream(e ->
                        e.shell("stty raw -echo; echo ready; head -c 320000 | md5sum")
                                .terminal(TerminalSize.USUAL)
                                .timeout(LONG))) {
            ExecStreamTest.awaitText(counting, "ready");
            counting.stdin().write(much);
            assertThat(counting.collect().orThrow().stdout()).contains(plain.strip());
        }
        var ended =
                sandbox.exec(e ->
                        e.command("cat")
                                .timeout(LONG)
                                .terminal(TerminalSize.USUAL)
                                .stdin("typed\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(ended.orThrow().stdout()).isEqualTo("typed\r\ntyped\r\n");
    }

    /// The source's terminal goes on for whoever sits at it; in the fork nobody does, so its copy
    /// is hung up like a line that was cut, unless its command is in the background.
    @Test
    void anOpenTerminalGoesOnInTheSourceAndIsHungUpInAFork() throws Exception {
        var watcher =
                "trap 'echo hung up > /dev/shm/hup; exit 0' HUP; echo ready; while :; do usleep"
                        + " 10000; done";
        try (var base = MACHINES.stasis().create("sitting", _ -> {});
                var shell = base.execStream(e -> e.shell(watcher).terminal(TerminalSize.USUAL));
                var kept =
                        base.execStream(
                                e -> e.command("sh").terminal(TerminalSize.USUAL).background())) {
            ExecStreamTest.awaitText(shell, "ready\r\n");
            type(kept, "X=kept; echo rea''dy\n");
            ExecStreamTest.awaitText(kept, "ready\r\n");
            var snapshot = base.snapshot();
            try (var fork = snapshot.restore("sitting-fork")) {
                Guest.of(fork).sh("until [ -s /dev/shm/hup ]; do usleep 10000; done");
                assertThatThrownBy(() -> fork.attach(shell.id()))
                        .isInstanceOf(StasisException.class);
                try (var copy = fork.attach(kept.id())) {
                    copy.resize(new TerminalSize(50, 132));
                    type(copy, "echo $X $(stty size)\n");
                    ExecStreamTest.awaitText(copy, "kept 50 132\r\n");
                    copy.kill();
                    copy.await();
                }
            }
            base.resume();
            type(shell, "typed");
            ExecStreamTest.awaitText(shell, "typed");
            assertThat(base.exec("cat", "/dev/shm/hup").exitCode()).isEqualTo(1);
            kept.kill();
        }
    }

    private static void type(ExecHandle shell, String keys) throws IOException {
        shell.stdin().write(keys.getBytes(StandardCharsets.UTF_8));
        shell.stdin().flush();
    }
}
