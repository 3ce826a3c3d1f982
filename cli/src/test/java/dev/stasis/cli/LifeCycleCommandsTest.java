package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class LifeCycleCommandsTest {
    private final CommandRun cli = new CommandRun();

    @Test
    void createPrintsTheNameOfADetachedSandbox() {
        assertThat(
                        cli.run(
                                "create",
                                "--name",
                                "box",
                                "--memory",
                                "1G",
                                "--cpus",
                                "2",
                                "--env",
                                "A=b",
                                "--env",
                                "C=d"))
                .isZero();
        assertThat(cli.out()).isEqualTo("box\n");
        assertThat(cli.err()).isEmpty();
        var info = cli.stasis.sandbox("box").info();
        assertThat(info.attached()).isFalse();
        assertThat(info.memory()).hasToString("1G");
        assertThat(info.cpus()).isEqualTo(2);
        assertThat(info.env()).containsEntry("A", "b").containsEntry("C", "d");

        assertThat(cli.run("create")).isZero();
        assertThat(cli.out()).isEqualTo("made-up-2\n");
    }

    @Test
    void sandboxesArePingedAndWaitedFor() {
        cli.run("create", "--name", "a");
        assertThat(cli.run("ping", "a")).isZero();
        assertThat(cli.out()).isEqualTo("a\n");
        assertThat(cli.run("wait", "--timeout", "1s", "a")).isEqualTo(12);
        assertThat(cli.err()).contains("It runs after PT1S");
        cli.run("stop", "a");
        assertThat(cli.run("wait", "a")).isZero();
        assertThat(cli.out()).isEqualTo("a\n");
        assertThat(cli.run("ls", "-q")).isZero();
        assertThat(cli.out()).isEqualTo("a\n");
    }

    @Test
    void sandboxesAreStartedAgainAndSayWhyTheyEnded() {
        cli.run("create", "--name", "a");
        cli.run("stop", "a");
        assertThat(cli.run("ls")).isZero();
        assertThat(cli.out()).contains("stopped (asked)");
        assertThat(cli.run("start", "a")).isZero();
        assertThat(cli.out()).isEqualTo("a\n");
        assertThat(cli.stasis.sandbox("a").info().state()).isEqualTo(SandboxState.RUNNING);
        assertThat(cli.run("restart", "a", "nobody")).isEqualTo(10);
        assertThat(cli.out()).isEqualTo("a\n");
        assertThat(cli.err()).contains("nobody");
    }

    @Test
    void sandboxesAreFoundByLabelsAndState() {
        cli.run("create", "--name", "a", "--label", "team=red", "--label", "job=1");
        cli.run("create", "--name", "b", "--label", "team=blue");
        cli.run("create", "--name", "c");
        cli.run("stop", "b");
        assertThat(cli.run("ls", "-q", "--filter", "label=team")).isZero();
        assertThat(cli.out()).isEqualTo("a\nb\n");
        cli.run("ls", "-q", "--filter", "label=team=blue", "--filter", "status=stopped");
        assertThat(cli.out()).isEqualTo("b\n");
        cli.run("ls", "-q", "--filter", "label=team=blue", "--filter", "status=running");
        assertThat(cli.out()).isEmpty();
        assertThat(cli.run("ls", "--filter", "status=fine")).isEqualTo(10);
        assertThat(cli.err()).contains("'fine' is no state");
        assertThat(cli.run("ls", "--filter", "colour=red")).isEqualTo(10);
        assertThat(cli.err()).contains("label=KEY=VALUE");

        assertThat(cli.run("label", "a", "team=blue", "job-")).isZero();
        assertThat(cli.out()).isEqualTo("a\n");
        assertThat(cli.stasis.sandbox("a").info().labels()).containsExactly(entry("team", "blue"));
        cli.run("snapshot", "a", "--name", "s");
        cli.run("restore", "s", "fork");
        assertThat(cli.stasis.sandbox("fork").info().labels()).isEmpty();
    }

    @Test
    void lifetimesAreSetAndShown() {
        cli.run("create", "--name", "a", "--idle-timeout", "90s", "--max-duration", "2h");
        cli.run("inspect", "a");
        assertThat(cli.out()).contains("idle timeout  90s\n").contains("max duration  2h\n");
        cli.run("inspect", "a", "--format", "json");
        assertThat(cli.out())
                .contains("\"idleTimeoutMillis\" : 90000")
                .contains("\"maxDurationMillis\" : 7200000");
        assertThat(cli.run("create", "--idle-timeout", "5ms")).isEqualTo(10);
        assertThat(cli.err()).contains("one second to ten years");
    }

    @Test
    void aNameIsTakenOverOnlyWhenThatIsAsked() {
        cli.run("create", "--name", "a");
        var first = cli.stasis.sandbox("a").id();
        assertThat(cli.run("create", "--name", "a")).isEqualTo(10);
        assertThat(cli.run("create", "--name", "a", "--replace")).isZero();
        assertThat(cli.stasis.sandbox("a").id()).isNotEqualTo(first);
    }

    @Test
    void aShellCompletesVerbsAndOptions() throws Exception {
        assertThat(cli.run("completion", "bash")).isZero();
        var script = Files.createTempFile("stasis-completion", ".sh");
        try {
            Files.writeString(
                    script,
                    cli.out()
                            + "\nCOMP_WORDS=(stasis snapshots tr); COMP_CWORD=2; _complete_stasis; echo \"${COMPREPLY[@]}\""
                            + "\nCOMP_WORDS=(stasis create --net); COMP_CWORD=2; _complete_stasis; echo \"${COMPREPLY[@]}\"\n");
            var bash =
                    new ProcessBuilder("bash", script.toString())
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("tree\n--network\n");
        } finally {
            Files.delete(script);
        }
        assertThat(cli.run("completion", "zsh")).isZero();
        assertThat(cli.out()).startsWith("autoload -U +X bashcompinit");
        assertThat(cli.run("completion", "fish")).isEqualTo(2);
    }

    @Test
    void portsAreListedAgainOrMovedAndNeverInherited() {
        cli.run("create", "--name", "web", "-p", "8080:80", "-p", "[::1]::443");
        assertThat(cli.stasis.sandbox("web").info().ports())
                .extracting(Object::toString)
                .containsExactly("127.0.0.1:8080:80", "[0:0:0:0:0:0:0:1]::443");
        assertThat(cli.run("inspect", "web")).isZero();
        assertThat(cli.out()).contains("port         127.0.0.1:8080 leads to port 80\n");
        cli.run("snapshot", "web", "--name", "s");

        cli.run("restore", "s", "bare");
        assertThat(cli.stasis.sandbox("bare").info().ports()).isEmpty();
        cli.run("restore", "s", "listed", "-p", "9090:80");
        assertThat(cli.stasis.sandbox("listed").info().ports())
                .extracting(Object::toString)
                .containsExactly("127.0.0.1:9090:80");
        cli.run("restore", "s", "moved", "--ports", "auto");
        assertThat(cli.stasis.sandbox("moved").info().ports())
                .extracting(Object::toString)
                .containsExactly("127.0.0.1::80", "[0:0:0:0:0:0:0:1]::443");
        assertThat(cli.run("create", "-p", "80/udp")).isEqualTo(10);
        assertThat(cli.err()).contains("only TCP ports");
    }

    @Test
    void whatAPersonSeesOfProgressIsTakenAwayAgain() {
        cli.onTerminal = true;

        cli.run("create", "--name", "box");

        assertThat(cli.err()).isEqualTo("\r\033[Kbooting …\r\033[K");
    }

    @Test
    void stateChangesPrintWhatTheyChanged() {
        cli.run("create", "--name", "a");
        cli.run("create", "--name", "b");

        assertThat(cli.run("pause", "a", "b")).isZero();
        assertThat(cli.out()).isEqualTo("a\nb\n");
        assertThat(cli.stasis.sandbox("a").info().state()).isEqualTo(SandboxState.PAUSED);
        assertThat(cli.run("resume", "a")).isZero();
        assertThat(cli.stasis.sandbox("a").info().state()).isEqualTo(SandboxState.RUNNING);
        assertThat(cli.run("stop", "a")).isZero();
        assertThat(cli.stasis.sandbox("a").info().state()).isEqualTo(SandboxState.STOPPED);
    }

    @Test
    void removingTriesEveryNameAndRefusesWhatRuns() {
        cli.run("create", "--name", "running");
        cli.run("create", "--name", "stopped");
        cli.run("create", "--name", "paused");
        cli.run("stop", "stopped");
        cli.run("pause", "paused");

        assertThat(cli.run("rm", "nobody", "running", "paused", "stopped")).isEqualTo(10);
        assertThat(cli.out()).isEqualTo("stopped\n");
        assertThat(cli.err().lines())
                .containsExactly(
                        "stasis: There is no sandbox 'nobody'",
                        "stasis: Sandbox 'running' was not removed, it is running: stop it first,"
                                + " or use rm -f",
                        "stasis: Sandbox 'paused' was not removed, it is paused: stop it first,"
                                + " or use rm -f");
        assertThat(cli.run("rm", "-f", "running", "paused")).isZero();
        assertThat(cli.stasis.sandboxes).isEmpty();
    }

    @Test
    void theWorstOfSeveralFailuresGivesTheExitCode() {
        cli.run("create", "--name", "box");
        cli.stasis.fail("remove", new StasisException(ErrorCode.IO_FAILED, "No luck"));

        assertThat(cli.run("rm", "-f", "box", "nobody")).isEqualTo(12);
    }

    @Test
    void aSnapshotPrintsItsIdAndLeavesItsSourcePaused() {
        cli.run("create", "--name", "box");

        assertThat(cli.run("snapshot", "box")).isZero();
        String id = cli.out().strip();
        assertThat(cli.stasis.snapshots).containsOnlyKeys(id);
        assertThat(cli.stasis.calls).doesNotContain("snapshot.close");
        assertThat(cli.stasis.sandbox("box").info().state()).isEqualTo(SandboxState.PAUSED);
        assertThat(cli.run("snapshot", "box", "--name", "warm")).isZero();
        assertThat(cli.run("restore", "warm", "fork", "--env", "ROLE=load")).isZero();
        assertThat(cli.out()).isEqualTo("fork\n");
        assertThat(cli.stasis.sandbox("fork").info().env()).containsEntry("ROLE", "load");
        assertThat(cli.stasis.sandbox("fork").info().attached()).isFalse();
        assertThat(cli.run("restore", id, "large", "--cpus", "3", "--memory", "2G")).isZero();
        assertThat(cli.stasis.sandbox("large").info().cpus()).isEqualTo(3);
        assertThat(cli.run("resize", "large", "--memory", "1280M")).isZero();
        assertThat(cli.out()).isEqualTo("3 1280M\n");
        assertThat(cli.run("resize", "large")).isEqualTo(2);
        assertThat(cli.run("rm", "-f", "large")).isZero();
        assertThat(cli.run("restore", id, "other")).isZero();
    }

    @Test
    void aNamedSnapshotThatFailsLeavesTheSandboxAsItWas() {
        cli.run("create", "--name", "box");
        cli.run("snapshot", "box", "--name", "warm");
        cli.run("resume", "box");

        assertThat(cli.run("snapshot", "box", "--name", "warm")).isEqualTo(10);
        assertThat(cli.err()).contains("No snapshot was taken of 'box'").contains("snapshots rm");
        cli.stasis.fail("saveNamed", new StasisException(ErrorCode.DISK_FULL, "Disk full"));
        assertThat(cli.run("snapshot", "box", "--name", "new")).isEqualTo(11);
        assertThat(cli.stasis.snapshots).hasSize(1);
        assertThat(cli.stasis.sandbox("box").info().state()).isEqualTo(SandboxState.RUNNING);
    }

    @Test
    void aLiveSnapshotLetsTheSandboxGoOn() {
        cli.run("create", "--name", "box");
        assertThat(cli.run("snapshot", "box", "--live", "--name", "warm")).isZero();
        assertThat(cli.stasis.calls).contains("checkpoint").doesNotContain("snapshot");
        assertThat(cli.stasis.sandboxes())
                .extracting(info -> info.state())
                .containsExactly(SandboxState.RUNNING);
    }

    @Test
    void snapshotsAreRemovedByNameOnly() {
        cli.run("create", "--name", "box");
        cli.run("snapshot", "box", "--name", "warm");
        String named = cli.out().strip();
        cli.run("snapshot", "box");
        String unnamed = cli.out().strip();

        assertThat(cli.run("snapshots", "rm", named, unnamed, "cold")).isEqualTo(10);
        assertThat(cli.err().lines())
                .containsExactly(
                        "stasis: '"
                                + named
                                + "' is the id of a snapshot, not a name: remove it by its name,"
                                + " 'warm'",
                        "stasis: '"
                                + unnamed
                                + "' is the id of a snapshot, not a name: it goes when 'box' is"
                                + " removed",
                        "stasis: There is no snapshot 'cold'");
        assertThat(cli.run("snapshots", "rm", "warm")).isZero();
        assertThat(cli.out()).isEqualTo("warm\n");
    }

    @Test
    void aNameThatIsNearlyRightGetsASuggestion() {
        cli.run("create", "--name", "worker-1");
        cli.run("snapshot", "worker-1", "--name", "warm");

        cli.run("inspect", "worke-1");
        assertThat(cli.err())
                .isEqualTo("stasis: There is no sandbox 'worke-1'; did you mean 'worker-1'?\n");
        cli.run("restore", "warn", "x");
        assertThat(cli.err())
                .isEqualTo("stasis: There is no snapshot 'warn'; did you mean 'warm'?\n");
        cli.run("inspect", "elephant");
        assertThat(cli.err()).isEqualTo("stasis: There is no sandbox 'elephant'\n");
    }

    @Test
    void aRewoundSandboxIsPrintedAndWhatItLeavesIsKeptIfThatIsAskedFor() {
        cli.run("create", "--name", "box");
        cli.run("snapshot", "box", "--name", "warm");

        assertThat(cli.run("rewind", "box", "warm")).isZero();
        assertThat(cli.out()).isEqualTo("box\n");
        assertThat(cli.stasis.sandbox("box").info().state()).isEqualTo(SandboxState.RUNNING);
        assertThat(cli.run("rewind", "box", "warm", "--keep", "left")).isZero();
        assertThat(cli.stasis.snapshotNames()).contains("warm", "left");
        assertThat(cli.run("rewind", "box", "cold")).isEqualTo(10);
    }

    @Test
    void severalForksHaveOneOutcomeEach() {
        cli.run("create", "--name", "box", "--env", "A=a", "--env", "B=b");
        cli.run("snapshot", "box", "--name", "warm");
        cli.run("create", "--name", "w-2");

        String[] three = {"restore", "warm", "--count", "3", "--prefix", "w-", "--unset-env", "A"};
        assertThat(cli.run(three)).isEqualTo(10);
        assertThat(cli.out().lines().map(line -> line.split(" +", -1)[1]))
                .containsExactly("OUTCOME", "restored", "failed", "restored");
        assertThat(cli.err()).isEmpty();
        assertThat(cli.stasis.sandbox("w-3").info().env()).containsOnlyKeys("B");
        assertThat(cli.stasis.sandbox("w-3").info().attached()).isFalse();

        assertThat(cli.run("restore", "warm", "--count", "1", "--prefix", "x", "--format", "json"))
                .isZero();
        assertThat(cli.out().replaceAll("\\s", ""))
                .matches(
                        "\\[\\{\"name\":\"x1\",\"outcome\":\"restored\",\"id\":\"[^\"]+\",\"error\":null,\"reason\":null}]");
    }

    @Test
    void aNameAndACountExcludeEachOther() {
        cli.run("create", "--name", "box");
        cli.run("snapshot", "box", "--name", "warm");

        assertThat(cli.run("restore", "warm")).isEqualTo(2);
        assertThat(cli.run("restore", "warm", "one", "--count", "2", "--prefix", "w")).isEqualTo(2);
        assertThat(cli.run("restore", "warm", "--count", "2")).isEqualTo(2);
        assertThat(cli.run("restore", "warm", "--count", "0", "--prefix", "w")).isEqualTo(2);
        assertThat(cli.err()).contains("--count N (1 or more) with --prefix PREFIX");
    }
}
