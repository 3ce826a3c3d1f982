package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.ExecEvent;
import dev.stasis.ExecHandle;
import dev.stasis.ExecOutcome;
import dev.stasis.Rlimit;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import dev.stasis.itest.Machines.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Commands whose output comes as events, in a sandbox that booted, one that was resumed and one
/// that was forked.
class ExecStreamTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final int SIGUSR1 = 10;
    private static final Duration LONG = Duration.ofSeconds(60);

    @ParameterizedTest
    @EnumSource(Stage.class)
    void eventsComeInOrderAndInputGoesInBetween(Stage stage) throws IOException {
        var sandbox = MACHINES.at(stage);
        try (var command = sandbox.execStream(e -> e.shell("cat; echo end >&2").openStdin())) {
            assertThat(command.next(LONG).orElseThrow()).isInstanceOf(ExecEvent.Started.class);
            for (var line : new String[] {"one\n", "two\n"}) {
                command.stdin().write(line.getBytes(StandardCharsets.UTF_8));
                assertThat(((ExecEvent.Stdout) command.next(LONG).orElseThrow()).text())
                        .isEqualTo(line);
            }
            assertThatThrownBy(() -> command.next(Duration.ofMillis(50)))
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
            command.stdin().close();
            assertThat(((ExecEvent.Stderr) command.next(LONG).orElseThrow()).text())
                    .isEqualTo("end\n");
            assertThat(command.next(LONG))
                    .contains(new ExecEvent.Exited(new ExecOutcome.Exited(0)));
            assertThat(command.next(LONG)).isEmpty();
            assertThat(command.await()).isEqualTo(new ExecOutcome.Exited(0));
        }
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void signalsReachItAndKillingReachesAllItStarted(Stage stage) {
        var sandbox = MACHINES.at(stage);
        try (var command =
                sandbox.execStream(e ->
                        e.shell(
                                "trap 'echo got; exit 5' USR1; echo ready; while :; do usleep"
                                        + " 10000; done"))) {
            awaitText(command, "ready");
            command.signal(SIGUSR1);
            assertThat(command.collect().stdout()).isEqualTo("got\n");
            assertThat(command.await()).isEqualTo(new ExecOutcome.Exited(5));
        }
        try (var command =
                sandbox.execStream(e -> e.shell("(setsid sleep 986 &); echo ready; sleep 986"))) {
            awaitText(command, "ready");
            command.kill();
            assertThat(command.await()).isEqualTo(new ExecOutcome.Signaled(9));
        }
        var left = sandbox.execStream(e -> e.shell("sleep 986 & yes"));
        left.close(); // nobody took anything of it
        Guest.of(sandbox).awaitNone("sleep 986");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void aTimeoutEndsAStreamedCommandWithAllItStarted(Stage stage) {
        var sandbox = MACHINES.at(stage);
        try (var command =
                sandbox.execStream(e ->
                        e.shell("(setsid sleep 985 &); echo begun; sleep 985")
                                .timeout(Duration.ofSeconds(2)))) {
            var result = command.collect();
            assertThat(result.outcome()).isEqualTo(new ExecOutcome.TimedOut(Duration.ofSeconds(2)));
            assertThat(result.stdout()).isEqualTo("begun\n");
        }
        Guest.of(sandbox).awaitNone("sleep 985");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void limitsHoldForTheCommandAndWhatItStarts(Stage stage) {
        var sandbox = MACHINES.at(stage);
        var result =
                sandbox.exec(e ->
                        e.shell(
                                        "ulimit -n; sh -c 'ulimit -Hn'; ulimit -c; head -c 9000"
                                                + " /dev/zero > /tmp/large; wc -c < /tmp/large; rm"
                                                + " /tmp/large")
                                .rlimit(Rlimit.NOFILE, new Rlimit.Bounds(64, 128))
                                .rlimit(Rlimit.CORE, Rlimit.Bounds.NONE)
                                .rlimit(Rlimit.FSIZE, 8192));

        assertThat(result.stdout()).isEqualTo("64\n128\nunlimited\n8192\n");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void whatKeptACommandFromStartingHasAType(Stage stage) {
        var sandbox = MACHINES.at(stage);

        assertThat(failure(sandbox, "no-such-program", "/"))
                .isEqualTo(ExecOutcome.Failure.PROGRAM_NOT_FOUND);
        assertThat(failure(sandbox, "/etc/passwd", "/"))
                .isEqualTo(ExecOutcome.Failure.NOT_EXECUTABLE);
        assertThat(failure(sandbox, "true", "/no/such/folder"))
                .isEqualTo(ExecOutcome.Failure.BAD_FOLDER);
        assertThat(failure(sandbox, "true", "/etc/passwd"))
                .isEqualTo(ExecOutcome.Failure.BAD_FOLDER);
        assertThat(sandbox.exec(e -> e.command("true").user("no-such-user")).outcome())
                .isInstanceOfSatisfying(
                        ExecOutcome.NotStarted.class,
                        o -> assertThat(o.failure()).isEqualTo(ExecOutcome.Failure.NO_SUCH_USER));
        try (var command = sandbox.execStream(e -> e.command("no-such-program"))) {
            assertThat(command.next().orElseThrow())
                    .isInstanceOfSatisfying(
                            ExecEvent.Exited.class,
                            e -> assertThat(e.outcome().exitCode()).isEqualTo(127));
            assertThat(command.next()).isEmpty();
        }
    }

    private static ExecOutcome.Failure failure(Sandbox sandbox, String program, String folder) {
        var outcome = sandbox.exec(e -> e.command(program).folder(folder)).outcome();
        assertThat(outcome.exitCode()).isEqualTo(program.startsWith("no") ? 127 : 126);
        return ((ExecOutcome.NotStarted) outcome).failure();
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void whatNobodyTakesWaitsInTheGuestAndNothingIsLost(Stage stage) {
        var sandbox = MACHINES.at(stage);
        try (var command =
                sandbox.execStream(
                        e -> e.shell("seq 1 100000; echo done > /dev/shm/written; echo end >&2"))) {
            assertThat(sandbox.shell("[ -e /dev/shm/written ] || echo waits").stdout())
                    .isEqualTo("waits\n");
            var numbers = command.collect();
            assertThat(numbers.stderr()).isEqualTo("end\n");
            var lines = numbers.stdout().lines().toList();
            assertThat(lines).hasSize(100_000);
            for (int i = 0; i < lines.size(); i++) {
                assertThat(lines.get(i)).isEqualTo(Integer.toString(i + 1));
            }
        }
        sandbox.exec("rm", "/dev/shm/written").orThrow();
    }

    /// A program that wants all the memory there is, so one stage is enough.
    @Test
    void aCommandThatTheKernelKilledForMemorySaysSo() {
        var sandbox = MACHINES.at(Stage.FORKED);
        sandbox.shell("mount -o remount,size=100% /dev/shm").orThrow();
        var outcome =
                sandbox.exec("dd", "if=/dev/zero", "of=/dev/shm/large", "bs=1M", "count=1000")
                        .outcome();
        sandbox.exec("rm", "/dev/shm/large").orThrow();

        assertThat(outcome).isEqualTo(new ExecOutcome.OutOfMemory());
        assertThat(outcome.exitCode()).isEqualTo(137);
    }

    static String awaitText(ExecHandle command, String text) {
        var seen = new StringBuilder();
        while (seen.indexOf(text) < 0) {
            if (command.next(LONG).orElseThrow() instanceof ExecEvent.Stdout out) {
                seen.append(out.text());
            }
        }
        return seen.toString();
    }
}
