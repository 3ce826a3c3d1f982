package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ExecInfo;
import dev.stasis.itest.Machines.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// The command line at a real terminal: somebody sits at a tmux and works in a sandbox.
class TerminalCommandTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @TempDir Path folder;

    @Test
    void aShellAndAnEditorWorkAndTheTerminalIsItsOldSelfAfterwards() throws Exception {
        var sandbox = MACHINES.at(Stage.FORKED);
        try (var tmux = new Tmux(folder.resolve("tmux"), MACHINES.home())) {
            tmux.line("stty -a > " + folder.resolve("before"));
            tmux.stasis("shell", "forked");
            tmux.line("PS1='guest> '; stty size");
            tmux.awaitLine("30 100");
            tmux.resize(120, 40);
            tmux.line("stty size");
            tmux.awaitLine("40 120");
            tmux.line("sleep 982");
            Guest.of(sandbox).sh("until ps | grep -q '[s]leep 982'; do usleep 10000; done");
            tmux.keys("C-c");
            tmux.line("echo ended $?");
            tmux.awaitLine("ended 130");

            tmux.line("vi /tmp/written");
            tmux.await("~");
            tmux.type("ione\ntwo");
            tmux.await("two");
            tmux.await("I /tmp/written"); // it inserts
            tmux.keys("Escape");
            tmux.await("- /tmp/written"); // it takes commands
            tmux.line(":wq");
            tmux.await("guest>");
            assertThat(Guest.of(sandbox).sh("cat /tmp/written")).isEqualTo("one\ntwo");

            tmux.line("exit 7");
            tmux.awaitLast("host$");
            tmux.line("echo host $?");
            tmux.awaitLine("host 7");
            tmux.line("stty -a > " + folder.resolve("after") + "; echo noted");
            tmux.awaitLine("noted");
            assertThat(mode("after")).isEqualTo(mode("before"));
        }
    }

    @Test
    void theDetachKeysLetACommandGoAndAttachComesBack() throws Exception {
        var sandbox = MACHINES.at(Stage.RESUMED);
        try (var tmux = new Tmux(folder.resolve("tmux"), MACHINES.home())) {
            tmux.stasis("exec", "-t", "resumed", "--", "sh");
            tmux.line("PS1='guest> '; X=kept; echo rea''dy");
            tmux.awaitLine("ready");
            tmux.keys("C-p", "C-q");
            tmux.await("the command goes on");
            tmux.awaitLast("host$");
            var left =
                    sandbox.execs().stream()
                            .filter(ExecInfo::background)
                            .max(Comparator.comparing(ExecInfo::started))
                            .orElseThrow();
            assertThat(left.terminal()).isTrue();
            tmux.line("clear");
            tmux.stasis("attach", "resumed", left.id());
            Eventually.is(
                    Duration.ofSeconds(60),
                    "the attachment",
                    () -> BackgroundTest.info(sandbox, left.id()).attached());
            tmux.line("echo still $X");
            tmux.awaitLine("still kept");
            tmux.line("exit 5");
            tmux.awaitLast("host$");
            tmux.line("echo host $?");
            tmux.awaitLine("host 5");
        }
    }

    @Test
    void aKilledCommandLineLeavesTheTerminalAsItWas() throws Exception {
        MACHINES.at(Stage.FORKED);
        try (var tmux = new Tmux(folder.resolve("tmux"), MACHINES.home())) {
            tmux.line("stty -a > " + folder.resolve("before"));
            tmux.stasis("exec", "-t", "forked", "--", "sh");
            tmux.line("echo in''side");
            tmux.awaitLine("inside");
            ProcessHandle.allProcesses()
                    .filter(each ->
                            each.info()
                                    .commandLine()
                                    .filter(line -> line.contains("Main exec -t forked"))
                                    .isPresent())
                    .filter(each ->
                            each.info().command().filter(c -> c.endsWith("java")).isPresent())
                    .forEach(ProcessHandle::destroyForcibly);
            Eventually.is(
                    Duration.ofSeconds(60),
                    "the shell of the host",
                    () -> {
                        Files.deleteIfExists(folder.resolve("after"));
                        return noted(tmux);
                    });
        }
    }

    /// Whether the terminal is as it was before. Later lines may still rewrite what was read here.
    private boolean noted(Tmux tmux) {
        try {
            tmux.line("stty -a > " + folder.resolve("after"));
            Thread.sleep(500);
            return Files.exists(folder.resolve("after"))
                    && !mode("after").isEmpty()
                    && mode("after").equals(mode("before"));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /// All but the size.
    private String mode(String name) throws Exception {
        var text = Files.readString(folder.resolve(name));
        return text.substring(text.indexOf('\n') + 1);
    }
}
