package dev.stasis.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/// What Stasis itself marks while it works, by its flight recorder events: when the CPUs of a fork
/// run, and how long a sandbox stands still for a snapshot.
final class Marks implements AutoCloseable {
    private static final String RESTORE = "dev.stasis.Restore";
    private static final String STANDSTILL = "dev.stasis.Standstill";
    private static final double NANOS_OF_A_MILLISECOND = 1e6;

    private final Recording recording = new Recording();

    Marks() {
        recording.enable(RESTORE).withoutStackTrace().withoutThreshold();
        recording.enable(STANDSTILL).withoutStackTrace().withoutThreshold();
        recording.start();
    }

    /// Adds what was marked to the samples.
    ///
    /// @param file takes the events
    void addTo(Samples samples, Path file) throws IOException {
        recording.dump(file);
        Map<String, List<Double>> standstills = new LinkedHashMap<>();
        for (var event : RecordingFile.readAllEvents(file)) {
            var sandbox = event.getString("sandbox");
            if (event.getEventType().getName().equals(STANDSTILL)) {
                standstills
                        .computeIfAbsent(sandbox, _ -> new ArrayList<>())
                        .add(milliseconds(event));
            } else if (sandbox.startsWith(StasisArm.FORK)) {
                samples.add(Arm.STASIS, Metric.RESTORE_RUNNING, milliseconds(event));
            }
        }
        standstills.forEach((sandbox, pauses) -> {
            boolean fork = sandbox.startsWith(StasisArm.FORK);
            if (pauses.size() == 2) {
                samples.add(
                        Arm.STASIS,
                        fork ? Metric.FORK_FIRST_PAUSE : Metric.SOURCE_FIRST_PAUSE,
                        pauses.getFirst());
                samples.add(
                        Arm.STASIS,
                        fork ? Metric.FORK_SECOND_PAUSE : Metric.SOURCE_SECOND_PAUSE,
                        pauses.getLast());
            }
        });
    }

    private static double milliseconds(RecordedEvent event) {
        return event.getDuration().toNanos() / NANOS_OF_A_MILLISECOND;
    }

    @Override
    public void close() {
        recording.close();
    }
}
