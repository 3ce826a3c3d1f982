package dev.stasis.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/// What Stasis itself marks while it works, by its flight recorder events: when the CPUs of a fork
/// run, and how long a sandbox stands still for a snapshot; and how long Java itself does.
///
/// Whoever is about to cause an event says what its duration is a value of; the events of one
/// sandbox come in the order in which they were announced.
final class Marks implements AutoCloseable {
    private static final String RESTORE = "dev.stasis.Restore";
    private static final String STANDSTILL = "dev.stasis.Standstill";
    private static final String GARBAGE = "jdk.GCPhasePause";
    private static final String COLLECTION = "jdk.GarbageCollection";

    /// Why there is a collection that a part asked for, to see what is held.
    private static final String ASKED = "System.gc()";

    private static final double NANOS_OF_A_MILLISECOND = 1e6;

    private final Samples samples;
    private final Path file;
    private final Map<String, Queue<Consumer<RecordedEvent>>> restores = new ConcurrentHashMap<>();
    private final Map<String, Queue<Consumer<RecordedEvent>>> pauses = new ConcurrentHashMap<>();
    private Recording recording;

    /// @param file takes the events for a moment
    Marks(Samples samples, Path file) {
        this.samples = samples;
        this.file = file;
        this.recording = begun();
    }

    private static Recording begun() {
        var recording = new Recording();
        for (var event : new String[] {RESTORE, STANDSTILL, GARBAGE, COLLECTION}) {
            recording.enable(event).withoutStackTrace().withoutThreshold();
        }
        recording.start();
        return recording;
    }

    /// Announces a restore.
    void restore(String sandbox, Series running) {
        restore(sandbox, event -> samples.add(running, milliseconds(event)));
    }

    void restore(String sandbox, Consumer<RecordedEvent> then) {
        announce(restores, sandbox, then);
    }

    /// Announces a snapshot.
    void pause(String sandbox, Series pause) {
        announce(pauses, sandbox, event -> samples.add(pause, milliseconds(event)));
    }

    private static void announce(
            Map<String, Queue<Consumer<RecordedEvent>>> to,
            String sandbox,
            Consumer<RecordedEvent> then) {
        to.computeIfAbsent(sandbox, _ -> new ConcurrentLinkedQueue<>()).add(then);
    }

    /// Takes in what was recorded so far.
    void collect() throws IOException {
        var ended = recording;
        recording = begun();
        try (ended) {
            ended.stop();
            ended.dump(file);
            var events = new ArrayDeque<>(RecordingFile.readAllEvents(file));
            var asked =
                    events.stream()
                            .filter(event -> isOf(event, COLLECTION))
                            .filter(event -> ASKED.equals(event.getString("cause")))
                            .map(event -> event.getInt("gcId"))
                            .collect(Collectors.toSet());
            events.stream()
                    .filter(event -> !isOf(event, COLLECTION))
                    .filter(event ->
                            !(isOf(event, GARBAGE) && asked.contains(event.getInt("gcId"))))
                    .sorted(Comparator.comparing(RecordedEvent::getEndTime))
                    .forEach(this::take);
        } finally {
            Files.deleteIfExists(file);
        }
        restores.clear();
        pauses.clear();
    }

    private static boolean isOf(RecordedEvent event, String type) {
        return event.getEventType().getName().equals(type);
    }

    private void take(RecordedEvent event) {
        switch (event.getEventType().getName()) {
            case RESTORE -> take(restores, event);
            case STANDSTILL -> take(pauses, event);
            default -> samples.add(Series.of(Metric.JAVA_PAUSE, Arm.COLD), milliseconds(event));
        }
    }

    private static void take(
            Map<String, Queue<Consumer<RecordedEvent>>> from, RecordedEvent event) {
        var announced = from.get(event.getString("sandbox"));
        var then = announced == null ? null : announced.poll();
        if (then != null) {
            then.accept(event);
        }
    }

    private static double milliseconds(RecordedEvent event) {
        return event.getDuration().toNanos() / NANOS_OF_A_MILLISECOND;
    }

    @Override
    public void close() {
        recording.close();
    }
}
