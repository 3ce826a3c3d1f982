package dev.stasis.local.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ExecOutcome;
import dev.stasis.LogBuilder;
import dev.stasis.LogEntry;
import dev.stasis.LogSource;
import dev.stasis.machine.MachineFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class LogEntriesTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.000000Z");

    @TempDir Path folder;
    private MachineFiles files;

    @BeforeEach
    void files() {
        files = new MachineFiles(Path.of("/run/x"), folder);
    }

    private List<LogEntry> read(Consumer<LogBuilder> settings) {
        var builder = new LogBuilder();
        settings.accept(builder);
        try (var entries = LogEntries.of(files, builder.build(), () -> false)) {
            return entries.toList();
        }
    }

    private static String time(int second) {
        return "2026-03-01T12:00:%02d.000000Z".formatted(second);
    }

    private static Optional<Instant> at(int second) {
        return Optional.of(NOON.plusSeconds(second));
    }

    private static String said(int second, String text) {
        return "{\"time\":\"%s\",\"exec\":\"a\",\"stream\":\"stdout\",\"text\":\"%s\"}\n"
                .formatted(time(second), text);
    }

    private static void append(Path file, String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void everythingThatACommandDoesIsAnEntry() throws IOException {
        String head = "{\"time\":\"" + time(1) + "\",\"exec\":\"a.b\",";
        append(
                files.guestLog(),
                head
                        + "\"event\":\"started\",\"pid\":7,\"command\":[\"sh\",\"-c\",\"x\"]}\n"
                        + head
                        + "\"stream\":\"stdout\",\"text\":\"\\u00fc\\u000a\"}\n"
                        + head
                        + "\"stream\":\"stderr\",\"text\":\"half\"}\n\n"
                        + head
                        + "\"event\":\"skipped\",\"bytes\":12}\n"
                        + head
                        + "\"event\":\"exited\",\"code\":3}\n"
                        + head
                        + "\"event\":\"exited\",\"signal\":9,\"outOfMemory\":true}\n"
                        + head
                        + "\"event\":\"exited\",\"signal\":9,\"timedOut\":true}\n"
                        + head
                        + "\"event\":\"exited\",\"signal\":15}\n"
                        + head
                        + "\"event\":\"failed\",\"step\":5,\"errno\":2}\n"
                        + "{\"time\":\""
                        + time(2)
                        + "\",\"event\":\"lost\",\"bytes\":99}\n");

        var t = at(1);
        assertThat(read(_ -> {}))
                .containsExactly(
                        new LogEntry.Started(t, "a.b", 7, List.of("sh", "-c", "x")),
                        new LogEntry.Stdout(t, "a.b", "ü\n"),
                        new LogEntry.Stderr(t, "a.b", "half"),
                        new LogEntry.Lost(LogSource.EXEC, t, Optional.of("a.b"), 12),
                        new LogEntry.Ended(t, "a.b", new ExecOutcome.Exited(3)),
                        new LogEntry.Ended(t, "a.b", new ExecOutcome.OutOfMemory()),
                        new LogEntry.Ended(t, "a.b", new ExecOutcome.TimedOut(Duration.ZERO)),
                        new LogEntry.Ended(t, "a.b", new ExecOutcome.Signaled(15)),
                        new LogEntry.Ended(
                                t,
                                "a.b",
                                new ExecOutcome.NotStarted(
                                        ExecOutcome.Failure.PROGRAM_NOT_FOUND, "errno 2")),
                        new LogEntry.Lost(LogSource.EXEC, at(2), Optional.empty(), 99));
    }

    @Test
    void whatIsNoSuchLineIsText() throws IOException {
        var lines =
                List.of(
                        "just text",
                        "{",
                        "{\"time\":5}",
                        "{\"time\":\"" + time(1) + "\",\"exec\":\"a\",\"event\":\"grown\"}",
                        "{\"time\":\"soon\",\"exec\":\"a\",\"stream\":\"stdout\",\"text\":\"\"}",
                        "{\"time\":\"" + time(1) + "\",\"event\":\"lost\",\"bytes\":1e999999999}",
                        "{\"x\":".repeat(5000));
        append(files.guestLog(), String.join("\n", lines) + "\n{\"time\":\"2026");

        assertThat(read(_ -> {}))
                .containsExactlyElementsOf(
                        lines.stream()
                                .<LogEntry>map(text ->
                                        new LogEntry.Line(LogSource.EXEC, Optional.empty(), text))
                                .toList());
    }

    @Test
    void anyBytesAreEntriesAndHoldLittleMemory() throws IOException {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var bytes = new byte[1 << 20];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i += 1 + random.nextInt(300_000)) {
            bytes[i] = '\n';
        }
        Files.write(files.guestLog(), bytes);

        for (var entry : read(_ -> {})) {
            assertThat(((LogEntry.Line) entry).text())
                    .as("seed " + seed)
                    .hasSizeLessThanOrEqualTo(LogLines.LONGEST_LINE);
        }
    }

    @Test
    void logsAreReadFromTheFileBeforeAndPutInOrderByTheirTimes() throws IOException {
        append(files.guestLog().resolveSibling("guest.log.1"), said(1, "one") + "{\"time");
        append(files.guestLog(), said(5, "").substring("{\"time".length()) + said(9, "nine"));
        append(
                files.consoleLog(),
                "before there were times\r\n" + time(4) + " Linux\r\n" + time(7) + " up\n");
        append(files.qemuLog(), time(6) + " qemu: warning");

        var all = read(l -> l.sources(LogSource.values()));
        assertThat(all)
                .containsExactly(
                        new LogEntry.Line(
                                LogSource.KERNEL, Optional.empty(), "before there were times"),
                        new LogEntry.Stdout(at(1), "a", "one"),
                        new LogEntry.Line(LogSource.KERNEL, at(4), "Linux"),
                        new LogEntry.Stdout(at(5), "a", ""),
                        new LogEntry.Line(LogSource.MACHINE, at(6), "qemu: warning"),
                        new LogEntry.Line(LogSource.KERNEL, at(7), "up"),
                        new LogEntry.Stdout(at(9), "a", "nine"));
        assertThat(read(l -> l.sources(LogSource.values()).since(NOON.plusSeconds(6))))
                .isEqualTo(all.subList(4, 7));
    }

    @Test
    void aFollowerSeesEachLineOnceHoweverOftenTheLogIsBegunAnew() throws Exception {
        var lives = new AtomicBoolean(true);
        var builder = new LogBuilder().follow();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                var entries = LogEntries.of(files, builder.build(), lives::get)) {
            var seen = new CopyOnWriteArrayList<LogEntry>();
            var reading = executor.submit(() -> entries.forEach(seen::add));
            var expected = new ArrayList<LogEntry>();
            int before = 0;
            for (int i = 0; i < 2000; i++) {
                append(files.guestLog(), said(1, "" + i));
                expected.add(new LogEntry.Stdout(at(1), "a", "" + i));
                if (i % 400 == 399) {
                    await(seen, before); // what is in LOG.1 goes now
                    before = expected.size();
                    Files.move(
                            files.guestLog(),
                            files.guestLog().resolveSibling("guest.log.1"),
                            StandardCopyOption.REPLACE_EXISTING);
                }
            }
            append(files.guestLog(), said(2, "last"));
            expected.add(new LogEntry.Stdout(at(2), "a", "last"));
            lives.set(false);

            reading.get(2, TimeUnit.MINUTES);
            assertThat(seen).isEqualTo(expected);
        }
    }

    private static void await(List<LogEntry> seen, int count) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (seen.size() < count) {
            assertThat(System.nanoTime()).as(seen.size() + " of " + count).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @Test
    void whoeverClosesAFollowedLogEndsIt() throws Exception {
        append(files.guestLog(), said(1, "one"));
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var entries = LogEntries.of(files, new LogBuilder().follow().build(), () -> true);
            var seen = new CopyOnWriteArrayList<LogEntry>();
            var reading = executor.submit(() -> entries.forEach(seen::add));
            await(seen, 1);
            TimeUnit.MILLISECONDS.sleep(50); // it most likely waits for more now
            entries.close();
            reading.get(2, TimeUnit.MINUTES);
            assertThat(seen).hasSize(1);
        }
    }
}
