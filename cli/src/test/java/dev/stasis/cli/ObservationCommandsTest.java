package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ByteSize;
import dev.stasis.ExecOutcome;
import dev.stasis.LogEntry;
import dev.stasis.LogSettings;
import dev.stasis.LogSource;
import dev.stasis.SandboxMetrics;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObservationCommandsTest {
    private static final Optional<Instant> NOON =
            Optional.of(Instant.parse("2026-03-01T12:00:00.25Z"));

    private final CommandRun cli = new CommandRun();

    @BeforeEach
    void create() {
        cli.run("create", "--name", "box");
        sandbox()
                .logs
                .addAll(
                        List.of(
                                new LogEntry.Started(NOON, "a1", 7, List.of("sh", "-c", "x")),
                                new LogEntry.Stdout(NOON, "a1", "col\tumn \033[31m\r\n"),
                                new LogEntry.Stderr(NOON, "b2", "bad"),
                                new LogEntry.Ended(NOON, "a1", new ExecOutcome.Exited(3)),
                                new LogEntry.Lost(LogSource.EXEC, NOON, Optional.empty(), 9),
                                new LogEntry.Line(
                                        LogSource.KERNEL, Optional.empty(), "Linux version")));
    }

    private FakeSandbox sandbox() {
        return Objects.requireNonNull(cli.stasis.sandboxes.get("box"));
    }

    @Test
    void logsAreLinesForPeopleInWhichAGuestHasNoControlOfTheTerminal() {
        assertThat(cli.run("logs", "box")).isZero();
        String at = NOON.orElseThrow().atZone(ZoneId.systemDefault()).toLocalDateTime().toString();
        String time = at.replace('T', ' ');
        assertThat(cli.out())
                .isEqualTo(
                        time
                                + "  a1  ---  started as process 7: sh -c x\n"
                                + time
                                + "  a1  out  col\tumn \\u001b[31m\n"
                                + time
                                + "  b2  err  bad\n"
                                + time
                                + "  a1  ---  ended with 3\n"
                                + time
                                + "  ---  9 bytes are missing here\n"
                                + " ".repeat(23)
                                + "  kernel  Linux version\n");
        assertThat(sandbox().lastLogs)
                .isEqualTo(
                        new LogSettings(
                                Set.of(LogSource.EXEC), Optional.empty(), LogSettings.Until.NOW));
    }

    @Test
    void logsForProgramsAreOneObjectOnEachLineWithAllFields() {
        assertThat(cli.run("logs", "--json", "box")).isZero();
        assertThat(cli.out().lines())
                .hasSize(6)
                .startsWith(
                        "{\"time\":\"2026-03-01T12:00:00.250Z\",\"source\":\"exec\",\"event\":\"started\",\"exec\":\"a1\",\"stream\":null,\"text\":null,\"pid\":7,\"command\":[\"sh\",\"-c\",\"x\"],\"outcome\":null,\"exitCode\":null,\"bytes\":null}")
                .contains(
                        "{\"time\":\"2026-03-01T12:00:00.250Z\",\"source\":\"exec\",\"event\":\"ended\",\"exec\":\"a1\",\"stream\":null,\"text\":null,\"pid\":null,\"command\":null,\"outcome\":\"exited\",\"exitCode\":3,\"bytes\":null}")
                .contains(
                        "{\"time\":null,\"source\":\"kernel\",\"event\":\"line\",\"exec\":null,\"stream\":null,\"text\":\"Linux version\",\"pid\":null,\"command\":null,\"outcome\":null,\"exitCode\":null,\"bytes\":null}");
        String json = cli.out();
        assertThat(cli.run("logs", "--format", "json", "box")).isZero();
        assertThat(cli.out()).isEqualTo(json);
    }

    @Test
    void logsAreFilteredAndFollowed() {
        assertThat(cli.run("logs", "--grep", "^b.d$", "box")).isZero();
        assertThat(cli.out().lines()).singleElement().asString().endsWith("err  bad");
        assertThat(cli.run("logs", "-q", "box")).isZero();
        assertThat(cli.out()).isEqualTo("a1\na1\nb2\na1\n");
        assertThat(cli.run("logs", "--exec", "a1", "--grep", "ended|started", "box")).isZero();
        assertThat(cli.out().lines()).hasSize(2);

        assertThat(
                        cli.run(
                                "logs",
                                "-f",
                                "--since",
                                "2026-03-01T12:00:00Z",
                                "--source",
                                "kernel,machine",
                                "box"))
                .isZero();
        assertThat(sandbox().lastLogs)
                .isEqualTo(
                        new LogSettings(
                                Set.of(LogSource.KERNEL, LogSource.MACHINE),
                                Optional.of(Instant.parse("2026-03-01T12:00:00Z")),
                                LogSettings.Until.END));
        var before = Instant.now().minus(Duration.ofMinutes(10));
        assertThat(cli.run("logs", "--since", "10m", "box")).isZero();
        assertThat(sandbox().lastLogs.since().orElseThrow())
                .isBetween(before, Instant.now().minus(Duration.ofMinutes(10)));
    }

    @Test
    void whatCannotBeUnderstoodIsSaid() {
        assertThat(cli.run("logs", "--grep", "(", "box")).isEqualTo(2);
        assertThat(cli.err()).contains("'(' is no regular expression");
        assertThat(cli.run("logs", "--since", "yesterday", "box")).isEqualTo(2);
        assertThat(cli.err()).contains("'yesterday' is no moment");
        assertThat(cli.run("logs", "--source", "disk", "box")).isEqualTo(2);
        assertThat(cli.run("logs", "--since", "3y", "box")).isEqualTo(2);
        assertThat(cli.run("logs", "nobody")).isEqualTo(10);
        assertThat(cli.run("stats", "nobody")).isEqualTo(10);
        assertThat(cli.run("stats")).isEqualTo(2);
    }

    @Test
    void statsSayWhatASandboxUses() {
        assertThat(cli.run("stats", "box")).isZero();
        assertThat(cli.out())
                .isEqualTo(
                        """
                        NAME  CPU TIME  OWN MEMORY  SHARE  OWN DISK  GUEST MEMORY  GUEST DISK  NETWORK IN/OUT  COMMANDS
                        box   1.2s      20M         30M    192K      -             -           -               -
                        """);

        sandbox().counted =
                Optional.of(
                        new SandboxMetrics.Guest(
                                new SandboxMetrics.Cpu(Duration.ofMillis(5), Duration.ofMillis(6)),
                                new SandboxMetrics.Memory(
                                        ByteSize.ofMebibytes(11),
                                        ByteSize.ofMebibytes(500),
                                        ByteSize.ofMebibytes(400)),
                                new SandboxMetrics.Disk(
                                        new ByteSize(1),
                                        ByteSize.ofMebibytes(4096),
                                        new ByteSize(2),
                                        new ByteSize(3)),
                                Optional.of(
                                        new SandboxMetrics.Traffic(
                                                new ByteSize(10), new ByteSize(20))),
                                new SandboxMetrics.Execs(9, 1, 2),
                                Duration.ofSeconds(77)));
        assertThat(cli.run("stats", "box")).isZero();
        assertThat(cli.out())
                .contains("11M of 500M", "1B of 4096M", "10B / 20B", "1 run, 9 started");
        assertThat(cli.run("stats", "-q", "box")).isZero();
        assertThat(cli.out()).isEqualTo("box\n");
        assertThat(cli.run("stats", "--format", "json", "box")).isZero();
        assertThat(cli.out())
                .contains(
                        "\"name\" : \"box\"",
                        "\"cpuMillis\" : 1234",
                        "\"networkSentBytes\" : 20",
                        "\"commandsFailed\" : 2",
                        "\"uptimeMillis\" : 77000");
        assertThat(cli.run("inspect", "--format", "json", "box")).isZero();
        assertThat(cli.out()).contains("\"metrics\" : {", "\"commandsRunning\" : 1");
        assertThat(cli.run("inspect", "box")).isZero();
        assertThat(cli.out()).contains("cpu time     1.2s\n", "commands     1 run, 9 started\n");
    }
}
