package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ExecOutcome;
import dev.stasis.LogBuilder;
import dev.stasis.LogEntry;
import dev.stasis.LogSource;
import dev.stasis.Network;
import dev.stasis.Sandbox;
import dev.stasis.SandboxMetrics;
import dev.stasis.StasisException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Logs and numbers of real sandboxes.
class ObservationTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final Duration LONG = Duration.ofSeconds(60);

    private static List<LogEntry> logs(Sandbox sandbox, Consumer<LogBuilder> settings) {
        try (var entries = sandbox.logs(settings)) {
            return entries.toList();
        }
    }

    private static List<String> written(Sandbox sandbox) {
        return logs(sandbox, _ -> {}).stream()
                .filter(LogEntry.Stdout.class::isInstance)
                .map(e -> ((LogEntry.Stdout) e).text())
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Machines.Stage.class)
    void aCommandsOutputAndEndAreKeptAndTheGuestCounts(Machines.Stage stage) throws Exception {
        var sandbox = MACHINES.at(stage);
        var before = sandbox.metrics().guest().orElseThrow();
        var since = Instant.now().minusSeconds(1);

        try (var command =
                sandbox.execStream(e ->
                        e.command("sh", "-c", "echo one; echo bad >&2; read go; printf two; exit 3")
                                .openStdin())) {
            // So that what it writes next is an entry of its own.
            Eventually.is(LONG, "a line", () -> logs(sandbox, l -> l.since(since)).size() == 3);
            command.stdin().write('\n');
            command.stdin().flush();
            assertThat(command.await()).isEqualTo(new ExecOutcome.Exited(3));
        }

        Eventually.is(LONG, "its end", () -> logs(sandbox, l -> l.since(since)).size() == 5);
        var entries = logs(sandbox, l -> l.since(since));
        var started = (LogEntry.Started) entries.getFirst();
        String id = started.exec();
        assertThat(started.command()).startsWith("sh", "-c");
        assertThat(started.time().orElseThrow()).isBetween(since, Instant.now().plusSeconds(1));
        assertThat(entries)
                .anyMatch(e -> e instanceof LogEntry.Stdout o && o.text().equals("one\n"))
                .anyMatch(e -> e instanceof LogEntry.Stderr o && o.text().equals("bad\n"))
                .anyMatch(e -> e instanceof LogEntry.Stdout o && o.text().equals("two"))
                .last()
                .isEqualTo(
                        new LogEntry.Ended(
                                entries.getLast().time(), id, new ExecOutcome.Exited(3)));

        var metrics = sandbox.metrics();
        var guest = metrics.guest().orElseThrow();
        assertThat(guest.execs().started()).isEqualTo(before.execs().started() + 1);
        assertThat(guest.execs().running()).isEqualTo(before.execs().running());
        // Linux counts in steps that are longer than such a command on a fast computer.
        Eventually.is(
                LONG,
                "time on the CPU",
                () -> used(sandbox.metrics().guest().orElseThrow()).compareTo(used(before)) > 0);
        assertThat(guest.memory().total().bytes())
                .isBetween(300L << 20, ByteSize.parse("512M").bytes());
        assertThat(guest.disk().size().bytes()).isBetween(3L << 30, 4L << 30);
        assertThat(guest.network()).isEmpty();
        var host = metrics.host();
        assertThat(host.cpu()).isPositive();
        assertThat(host.usage().ownMemory().bytes())
                .isPositive()
                .isLessThanOrEqualTo(host.memory().bytes());
        assertThat(host.proportionalMemory().bytes())
                .isPositive()
                .isLessThanOrEqualTo(host.memory().bytes());
    }

    private static Duration used(SandboxMetrics.Guest guest) {
        return guest.cpu().user().plus(guest.cpu().system());
    }

    @Test
    void aForkBeginsWithAnEmptyLogIntoWhichItsCopiesOfCommandsWrite() throws Exception {
        try (var source = MACHINES.stasis().create("talking", _ -> {});
                var talker =
                        source.execStream(e ->
                                e.shell(
                                                "echo of the source; n=0; while [ ! -e /dev/shm/end ]; do n=$((n+1)); echo $n; usleep 50000; done")
                                        .background())) {
            Eventually.is(LONG, "a line", () -> written(source).contains("of the source\n"));
            var snapshot = source.snapshot();
            source.resume();
            try (var fork = snapshot.restore("forked-talker")) {
                Eventually.is(LONG, "its copy", () -> written(fork).size() > 3);
                assertThat(logs(fork, _ -> {}))
                        .allMatch(e ->
                                e instanceof LogEntry.Stdout o && o.exec().equals(talker.id()));
                assertThat(written(fork)).doesNotContain("of the source\n");
            }
            Guest.of(source).sh("touch /dev/shm/end");
            talker.await();
        }
    }

    @Test
    void whoFollowsALogSeesAllOfItUntilTheMachineHasEndedAndItCanBeReadAfterwards()
            throws Exception {
        System.setProperty("dev.stasis.templates", "off");
        try (var sandbox = MACHINES.stasis().create("flooding", s -> s.network(Network.NAT));
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var followed =
                    executor.submit(
                            () -> logs(sandbox, l -> l.follow().sources(LogSource.values())));
            var quiet = sandbox.exec("sh", "-c", "nc -w 1 10.0.2.2 9; true");
            assertThat(quiet.exitCode()).isZero();
            assertThat(sandbox.metrics().guest().orElseThrow().network().orElseThrow().sent())
                    .isGreaterThan(new ByteSize(0));
            var flood = sandbox.exec("sh", "-c", "head -c 8388608 /dev/zero | tr '\\0' x");
            assertThat(flood.stdoutBytes()).hasSize(8 << 20);
            sandbox.exec("sh", "-c", "echo '<0>said by the kernel' > /dev/kmsg");
            sandbox.exec("echo", "the last line");
            sandbox.stop();

            var entries = followed.get(60, TimeUnit.SECONDS);
            assertThat(entries)
                    .anyMatch(e ->
                            e instanceof LogEntry.Stdout o && o.text().equals("the last line\n"))
                    .anyMatch(e ->
                            e instanceof LogEntry.Line line
                                    && line.source() == LogSource.KERNEL
                                    && line.time().isPresent()
                                    && line.text().contains("said by the kernel"));
            long kept = 0;
            long lost = 0;
            for (var entry : entries) {
                switch (entry) {
                    case LogEntry.Stdout out -> kept += out.text().length();
                    case LogEntry.Lost some -> lost += some.bytes();
                    default -> {}
                }
            }
            assertThat(lost).isGreaterThan(1 << 20);
            assertThat(kept + lost).isEqualTo((8 << 20) + "the last line\n".length());
            // What came late from one of the logs is at its place now.
            assertThat(logs(sandbox, l -> l.follow().sources(LogSource.values())))
                    .containsExactlyInAnyOrderElementsOf(entries);
            assertThat(logs(sandbox, _ -> {}))
                    .containsExactlyElementsOf(
                            entries.stream().filter(e -> e.source() == LogSource.EXEC).toList());
            assertThat(sandbox.metrics().guest()).isEqualTo(Optional.empty());
            assertThat(sandbox.metrics().host().cpu()).isZero();

            sandbox.remove();
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(sandbox::logs)
                    .matches(e -> e.code() == ErrorCode.SANDBOX_NOT_FOUND);
        } finally {
            System.clearProperty("dev.stasis.templates");
        }
    }
}
