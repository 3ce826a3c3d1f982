package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.stasis.ExecEvent;
import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecSettings;
import dev.stasis.Rlimit;
import dev.stasis.TerminalSize;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BackgroundCommandsTest {
    private static final Instant STARTED = Instant.parse("2026-03-01T12:00:00Z");

    private final CommandRun cli = new CommandRun();

    @BeforeEach
    void makeASandbox() {
        cli.stasis.create("box", s -> s.detached());
        box().streamed = List.of(new ExecEvent.Started(7));
    }

    private FakeSandbox box() {
        return Objects.requireNonNull(cli.stasis.sandboxes.get("box"));
    }

    @Test
    void aCommandInTheBackgroundIsLetGoAndItsIdPrinted() {
        assertThat(cli.run("exec", "-d", "-e", "A=b", "box", "--", "sleep", "-d")).isZero();
        assertThat(cli.out()).isEqualTo("exec1\n");
        assertThat(cli.err()).isEmpty();
        var exec = box().lastExec;
        assertThat(exec.command()).containsExactly("sleep", "-d");
        assertThat(exec.env().variables()).containsExactly(entry("A", "b"));
        assertThat(exec.mode().life()).isEqualTo(ExecSettings.Life.DETACHED);
        assertThat(exec.mode().terminal()).isEmpty();
        assertThat(box().handles.getLast().closed).isTrue();

        assertThat(cli.run("exec", "-d", "-t", "box", "top")).isZero();
        assertThat(box().lastExec.mode().terminal()).contains(TerminalSize.USUAL);
    }

    @Test
    void oneThatCannotBeStartedIsSaidAndHasNoId() {
        box().streamed =
                List.of(
                        new ExecEvent.Exited(
                                new ExecOutcome.NotStarted(
                                        ExecOutcome.Failure.PROGRAM_NOT_FOUND, "no such program")));
        assertThat(cli.run("exec", "-d", "box", "x")).isEqualTo(127);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).contains("'x' could not be started: no such program");
    }

    @Test
    void limitsReachTheCommandAndWrongOnesAreRefused() {
        cli.run(
                "exec",
                "--ulimit",
                "nofile=64:128",
                "--ulimit",
                "core=unlimited",
                "-d",
                "box",
                "x");
        assertThat(box().lastExec.mode().limits())
                .containsOnly(
                        entry(Rlimit.NOFILE, new Rlimit.Bounds(64, 128)),
                        entry(
                                Rlimit.CORE,
                                new Rlimit.Bounds(Rlimit.Bounds.NONE, Rlimit.Bounds.NONE)));
        for (var wrong : List.of("nofile", "nofile=x", "nofile=2:1", "pets=1")) {
            assertThat(cli.run("exec", "--ulimit", wrong, "box", "x")).as(wrong).isEqualTo(125);
            assertThat(cli.err()).contains(wrong.split("=", -1)[0]);
        }
    }

    @Test
    void commandsAreListedForPeopleAndPrograms() {
        box().execs.add(info("run1", Optional.empty(), List.of("sh", "-c", "a\u001b[31mb")));
        box().execs.add(info("end1", Optional.of(new ExecOutcome.Exited(3)), List.of("make")));
        box().execs.add(info("oom1", Optional.of(new ExecOutcome.OutOfMemory()), List.of("eater")));
        assertThat(cli.run("ps", "box")).isZero();
        assertThat(cli.out())
                .contains("runs, in the background, attached")
                .contains("ended with 3")
                .contains("memory ran out")
                .contains("sh -c a?[31mb");
        assertThat(cli.run("ps", "box", "--format", "json")).isZero();
        assertThat(cli.out())
                .contains("\"id\" : \"run1\"")
                .contains("\"outcome\" : \"out_of_memory\"")
                .contains("\"exitCode\" : 3")
                .contains("\"ended\" : null");
        assertThat(cli.run("ps", "nobody")).isEqualTo(10);
    }

    private static ExecInfo info(String id, Optional<ExecOutcome> outcome, List<String> command) {
        return new ExecInfo(
                id, command, 12, STARTED, outcome.map(_ -> STARTED), outcome, true, true, false);
    }
}
