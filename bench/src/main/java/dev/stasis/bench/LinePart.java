package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.Sandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A line of snapshots of one sandbox, of whose memory another part changes before each, half of
/// which changed before the one before too.
final class LinePart {
    private static final String NAME = "line-";
    private static final double BYTES_OF_A_MEBIBYTE = 1 << 20;

    /// At most so many are deleted, evenly spread.
    private static final int DELETED = 10;

    private static final ByteSize CHANGE = ByteSize.ofMebibytes(10);

    /// So many parts of memory change in turn.
    private static final int PARTS = 20;

    private final Extent extent;
    private final Samples samples;
    private final StasisArm arm;

    LinePart(Run run) {
        this.extent = run.settings().extent();
        this.samples = run.samples();
        this.arm = run.stasis();
    }

    void measure() throws IOException {
        try (var source = arm.boot("line", extent.main().memory())) {
            source.exec(Guest.fill(extent.main().inUse())).orThrow();
            for (int i = 0; i < extent.line(); i++) {
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
        source.exec(Guest.change(CHANGE, number % PARTS)).orThrow();
        long start = System.nanoTime();
        var snapshot = source.snapshot();
        if (number > 0) {
            samples.addSince(Series.of(Metric.HISTORY_SNAPSHOT, Arm.COLD), start);
        }
        start = System.nanoTime();
        snapshot.saveNamed(NAME + number);
        if (number > 0) {
            samples.addSince(Series.of(Metric.HISTORY_SAVE, Arm.COLD), start);
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
                samples.add(Series.of(Metric.HISTORY_BYTES, Arm.COLD), bytes / BYTES_OF_A_MEBIBYTE);
            }
        }
    }

    /// In turns, so that whatever else the computer does meets all of them.
    private void restores() {
        var newest = NAME + (extent.line() - 1);
        var middle = NAME + extent.line() / 2;
        for (var name : List.of(newest, middle)) {
            restore(name, Metric.HISTORY_FIRST_RESTORE);
            arm.stasis().snapshot(name).restore(NAME + "twice").close();
        }
        for (int i = 0; i < extent.makings(); i++) {
            restore(NAME + 0, Metric.HISTORY_FLAT);
            restore(middle, Metric.HISTORY_MIDDLE);
            restore(newest, Metric.HISTORY_NEWEST);
        }
    }

    private void restore(String name, Metric metric) {
        var snapshot = arm.stasis().snapshot(name);
        long start = System.nanoTime();
        try (var _ = snapshot.restore(NAME + "fork")) {
            samples.addSince(Series.of(metric, Arm.COLD), start);
        }
    }

    private void deletes() throws IOException {
        var names = new ArrayList<String>();
        int step = Math.max(1, extent.line() / (DELETED + 2));
        for (int i = step; i < extent.line() - 1 && names.size() < DELETED; i += step) {
            names.add(NAME + i);
        }
        for (var name : names) {
            long before = arm.snapshotBytes();
            long start = System.nanoTime();
            arm.stasis().deleteSnapshot(name);
            samples.addSince(Series.of(Metric.HISTORY_DELETE, Arm.COLD), start);
            double given = before - arm.snapshotBytes();
            samples.add(
                    Series.of(Metric.HISTORY_GIVEN_BACK, Arm.COLD), given / BYTES_OF_A_MEBIBYTE);
        }
    }
}
