package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.cli.Main;
import dev.stasis.examples.LongLived;
import dev.stasis.examples.ManyForks;
import dev.stasis.examples.RunCommands;
import dev.stasis.examples.UseFiles;
import dev.stasis.examples.WarmState;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.jr.ob.JSON;

/// The command line and the examples, each command a process of its own, as a user runs them.
class CommandLineTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void aSandboxLivesFromCommandToCommand() throws Exception {
        assertThat(
                        stasis(
                                        "create",
                                        "--name",
                                        "box",
                                        "--env",
                                        "COLOUR=blue",
                                        "--memory",
                                        "256M")
                                .exitCode())
                .isZero();
        assertThat(
                        stasis("exec", "box", "--", "sh", "-c", "echo $COLOUR > /dev/shm/c; exit 7")
                                .exitCode())
                .isEqualTo(7);
        assertThat(json("ls", "--format", "json"))
                .hasSize(1)
                .first()
                .satisfies(s ->
                        assertThat(s)
                                .containsEntry("name", "box")
                                .containsEntry("state", "running"));

        var id = lastLine(stasis("snapshot", "box", "--name", "warm"));
        assertThat(stasis("exec", "box", "--", "true").exitCode()).isEqualTo(125);
        assertThat(stasis("resume", "box").exitCode()).isZero();
        assertThat(
                        stasis(
                                        "exec",
                                        "-e",
                                        "SIZE=big",
                                        "-w",
                                        "/tmp",
                                        "box",
                                        "--",
                                        "sh",
                                        "-c",
                                        "echo $COLOUR $SIZE; pwd")
                                .output())
                .contains("blue big\n/tmp\n");
        assertThat(stasis("restore", id, "fork", "--env", "COLOUR=red").exitCode()).isZero();
        assertThat(
                        stasis(
                                        "exec",
                                        "fork",
                                        "--",
                                        "sh",
                                        "-c",
                                        "cat /dev/shm/c; echo $COLOUR; hostname")
                                .output())
                .contains("blue\nred\nfork\n");

        assertThat(stasis("pause", "fork").exitCode()).isZero();
        assertThat(stasis("inspect", "fork").output()).contains("paused");
        assertThat(stasis("rm", "box").exitCode())
                .as("a running sandbox is not removed without -f")
                .isNotZero();
        assertThat(stasis("stop", "box").exitCode()).isZero();
        assertThat(stasis("rm", "-f", "box", "fork").exitCode()).isZero();
        assertThat(stasis("snapshots", "ls").output()).contains("warm");
        assertThat(stasis("restore", "warm", "again").exitCode()).isZero();
        assertThat(stasis("exec", "again", "--", "cat", "/dev/shm/c").output()).contains("blue");
        assertThat(stasis("rm", "-f", "again").exitCode()).isZero();
        assertThat(stasis("snapshots", "rm", "warm").exitCode()).isZero();
        assertThat(json("snapshots", "ls", "--format", "json")).isEmpty();
    }

    @Test
    void runMakesASandboxForOneCommandAndPassesItsExitCodeOn() throws Exception {
        var ended = stasis("run", "--", "sh", "-c", "echo hello; exit 3");

        assertThat(ended.output()).contains("hello").contains(notice());
        assertThat(ended.exitCode()).isEqualTo(3);
        assertThat(json("ls", "--format", "json")).isEmpty();
    }

    @Test
    void theDemonstrationShowsWhatItPromises() throws Exception {
        var ended = stasis("demo");

        assertThat(ended.exitCode()).as(ended.output()).isZero();
        assertThat(json("ls", "--format", "json")).isEmpty();
        assertThat(json("snapshots", "ls", "--format", "json")).isEmpty();
    }

    @Test
    void theExamplesOfTheDocumentationRun() throws Exception {
        assertThat(OtherJvm.run(MACHINES.home(), WarmState.class).lines().filter("warm"::equals))
                .hasSize(2);
        OtherJvm.run(MACHINES.home(), ManyForks.class);
        OtherJvm.run(MACHINES.home(), RunCommands.class);
        assertThat(OtherJvm.run(MACHINES.home(), UseFiles.class))
                .contains("/work/hello.txt\n", "debug = true\n");
        assertThat(OtherJvm.run(MACHINES.home(), LongLived.class)).contains("kept");
    }

    /// What has to be said wherever software emulation is used.
    private static String notice() throws Exception {
        boolean emulated = stasis("doctor").output().contains("TCG");
        return emulated ? "no isolation boundary for hostile code" : "";
    }

    private static OtherJvm.Ended stasis(String... args) throws Exception {
        return OtherJvm.on(MACHINES.home()).runToEnd(Main.class, args);
    }

    private static String lastLine(OtherJvm.Ended ended) {
        assertThat(ended.exitCode()).as(ended.output()).isZero();
        return ended.output().lines().toList().getLast();
    }

    @SuppressWarnings("unchecked") // a listing is an array of objects
    private static List<Map<String, Object>> json(String... args) throws Exception {
        var ended = stasis(args);
        assertThat(ended.exitCode()).as(Arrays.toString(args) + ended.output()).isZero();
        return (List<Map<String, Object>>)
                (List<?>) JSON.std.listFrom(ended.output().substring(ended.output().indexOf('[')));
    }
}
