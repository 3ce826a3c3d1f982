package dev.stasis.bench;

import dev.stasis.Sandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A line of snapshots of one sandbox, of whose memory another part changes before each, half of
/// which changed before the one before too.
final class HistoryArm {
    private static final String NAME = "line-";
    private static final double BYTES_OF_A_MEBIBYTE = 1 << 20;

    /// At most so many are deleted, evenly spread.
    private static final int DELETED = 10;

    private final Settings settings;
    private final Samples samples;
    private final StasisArm arm;

    HistoryArm(Settings settings, Samples samples, StasisArm arm) {
        this.settings = settings;
        this.samples = samples;
        this.arm = arm;
    }

    void run() throws IOException {
        try (var source = arm.boot("line")) {
            source.exec(Guest.fill(settings.inUse())).orThrow();
            for (int i = 0; i < settings.history(); i++) {
                snapshot(source, i);
            }
        }
        measureBytes();
        restores();
        deletes();
        for (var name : names()) {
            arm.stasis().deleteSnapshot(name);
        }
    }

    private void snapshot(Sandbox source, int number) {
        long halves = Math.max(1, 2 * settings.inUse().bytes() / settings.change().bytes() - 1);
        source.exec(Guest.change(settings.change(), number % halves)).orThrow();
        long start = System.nanoTime();
        var snapshot = source.snapshot();
        if (number > 0) {
            samples.addSince(Arm.STASIS, Metric.HISTORY_SNAPSHOT, start);
        }
        start = System.nanoTime();
        snapshot.saveNamed(NAME + number);
        if (number > 0) {
            samples.addSince(Arm.STASIS, Metric.HISTORY_SAVE, start);
        }
        source.resume();
    }

    private List<String> names() {
        return arm.stasis().snapshots().stream()
                .map(info -> info.name().orElseThrow())
                .filter(name -> name.startsWith(NAME))
                .toList();
    }

    private void measureBytes() {
        for (var info : arm.stasis().snapshots()) {
            var name = info.name().orElseThrow();
            if (name.startsWith(NAME) && !name.equals(NAME + 0)) {
                double bytes = info.bytesOnDisk().bytes();
                samples.add(Arm.STASIS, Metric.HISTORY_BYTES, bytes / BYTES_OF_A_MEBIBYTE);
            }
        }
    }

    /// In turns, so that whatever else the computer does meets all of them.
    private void restores() {
        var newest = NAME + (settings.history() - 1);
        var middle = NAME + settings.history() / 2;
        for (var name : List.of(newest, middle)) {
            restore(name, Metric.HISTORY_FIRST_RESTORE);
            arm.stasis().snapshot(name).restore(NAME + "twice").close();
        }
        for (int i = 0; i < settings.rounds() * settings.restores(); i++) {
            restore(NAME + 0, Metric.HISTORY_FLAT);
            restore(middle, Metric.HISTORY_MIDDLE);
            restore(newest, Metric.HISTORY_NEWEST);
        }
    }

    private void restore(String name, Metric metric) {
        var snapshot = arm.stasis().snapshot(name);
        long start = System.nanoTime();
        try (var _ = snapshot.restore(NAME + "fork")) {
            samples.addSince(Arm.STASIS, metric, start);
        }
    }

    private void deletes() throws IOException {
        var names = new ArrayList<String>();
        int step = Math.max(1, settings.history() / (DELETED + 2));
        for (int i = step; i < settings.history() - 1 && names.size() < DELETED; i += step) {
            names.add(NAME + i);
        }
        for (var name : names) {
            long before = arm.snapshotBytes();
            long start = System.nanoTime();
            arm.stasis().deleteSnapshot(name);
            samples.addSince(Arm.STASIS, Metric.HISTORY_DELETE, start);
            double given = before - arm.snapshotBytes();
            samples.add(Arm.STASIS, Metric.HISTORY_GIVEN_BACK, given / BYTES_OF_A_MEBIBYTE);
        }
    }
}
