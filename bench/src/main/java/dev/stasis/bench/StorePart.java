package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.Sandbox;
import dev.stasis.store.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/// A hundred snapshots of one sandbox, which changes 10 MiB before each: 8 in memory, half of which
/// changed before the one before too, and 2 in a file on its disk, which are in memory as well
/// then.
final class StorePart {
    private static final String NAME = "store-";
    private static final String FLAT = "flat";

    /// At most so many are deleted amid the others, evenly spread.
    private static final int DELETED = 10;

    private static final ByteSize IN_MEMORY = ByteSize.ofMebibytes(8);
    private static final ByteSize ON_DISK = ByteSize.ofMebibytes(2);

    /// What one change is in all: what is on disk is in memory too.
    private static final double CHANGED_MEBIBYTES =
            IN_MEMORY.mebibytes() + 2.0 * ON_DISK.mebibytes();

    /// So many parts of memory and of the disk change in turn.
    private static final int PARTS = 20;

    private static final double NANOS_OF_A_SECOND = 1e9;

    private final Run run;
    private final Extent extent;
    private final StasisArm arm;

    StorePart(Run run) {
        this.run = run;
        this.extent = run.settings().extent();
        this.arm = run.stasis();
    }

    void measure() throws IOException {
        try (var other = filled(FLAT)) {
            other.snapshot().saveNamed(FLAT);
        }
        try (var source = filled(NAME + "source")) {
            for (int i = 0; i < extent.history(); i++) {
                snapshot(source, i);
            }
        }
        measureBytes();
        restores();
        readings();
        deletes();
        arm.stasis().deleteSnapshot(FLAT);
    }

    private Sandbox filled(String name) {
        var sandbox = arm.boot(name, extent.main().memory());
        sandbox.exec(Guest.fill(extent.main().inUse())).orThrow();
        return sandbox;
    }

    private void snapshot(Sandbox source, int number) throws IOException {
        source.exec(Guest.change(IN_MEMORY, ON_DISK, number % PARTS)).orThrow();
        long start = System.nanoTime();
        var snapshot = source.snapshot();
        if (number > 0) {
            run.samples().addSince(Series.of(Metric.STORE_SNAPSHOT, Arm.COLD), start);
        }
        start = System.nanoTime();
        snapshot.saveNamed(NAME + number);
        if (number > 0) {
            run.samples().addSince(Series.of(Metric.STORE_SAVE, Arm.COLD), start);
            sync(snapshot.info().bytesOnDisk());
        }
        source.resume();
    }

    /// What the disk takes for as many bytes in one file.
    private void sync(ByteSize size) throws IOException {
        var file = run.workplace().file("synced");
        var bytes = ByteBuffer.allocateDirect(Math.toIntExact(size.bytes()));
        try (var channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            long start = System.nanoTime();
            channel.force(true);
            run.samples().addSince(Series.of(Metric.STORE_SAVE, Arm.FLOOR), start);
        }
        Files.delete(file);
    }

    private void measureBytes() throws IOException {
        double all = 0;
        for (int i = 1; i < extent.history(); i++) {
            var id = arm.stasis().snapshot(NAME + i).id();
            double memory = arm.bytesOnDisk(id, Part.MEMORY) / StasisArm.MEBIBYTE;
            double disk = arm.bytesOnDisk(id, Part.DISK) / StasisArm.MEBIBYTE;
            add(Metric.STORE_MEMORY, Arm.COLD, memory);
            add(Metric.STORE_DISK, Arm.COLD, disk);
            all += memory + disk;
        }
        add(Metric.STORE_BYTES, Arm.COLD, all);
        add(Metric.STORE_BYTES, Arm.FLOOR, CHANGED_MEBIBYTES * (extent.history() - 1));
        var first = arm.stasis().snapshot(NAME + 0);
        add(Metric.STORE_FIRST, Arm.COLD, StasisArm.onDisk(first));
    }

    /// In turns, so that whatever else the computer does meets all of them.
    private void restores() {
        var newest = NAME + (extent.history() - 1);
        var middle = NAME + extent.history() / 2;
        var oldest = NAME + 0;
        for (var name : List.of(newest, middle)) {
            restore(name, Metric.STORE_FIRST_RESTORE);
        }
        for (var name : List.of(newest, middle, oldest, FLAT)) {
            arm.stasis().snapshot(name).restore(NAME + "twice").close();
        }
        for (int i = 0; i < extent.makings(); i++) {
            restore(FLAT, Metric.STORE_FLAT);
            restore(oldest, Metric.STORE_OLDEST);
            restore(middle, Metric.STORE_MIDDLE);
            restore(newest, Metric.STORE_NEWEST);
        }
    }

    private void restore(String name, Metric metric) {
        var snapshot = arm.stasis().snapshot(name);
        long start = System.nanoTime();
        try (var _ = snapshot.restore(NAME + "fork")) {
            run.samples().addSince(Series.of(metric, Arm.COLD), start);
        }
    }

    /// In turns, after one of each for which Java compiles what they run.
    private void readings() {
        var digesting = new Digesting();
        verify();
        digest(digesting);
        for (int i = 0; i < extent.readings(); i++) {
            add(Metric.STORE_VERIFY, Arm.COLD, verify());
            add(Metric.STORE_VERIFY, Arm.FLOOR, digest(digesting));
        }
    }

    /// Reads the newest one and all that it lies on.
    private double verify() {
        var bytes = new AtomicLong();
        long start = System.nanoTime();
        arm.stasis()
                .snapshot(NAME + (extent.history() - 1))
                .verify(progress -> bytes.set(progress.total().bytes()));
        return rate(bytes.get(), start);
    }

    private static double digest(Digesting digesting) {
        long start = System.nanoTime();
        long bytes = digesting.onAllProcessors();
        return rate(bytes, start);
    }

    private static double rate(long bytes, long start) {
        return bytes / 1e9 / ((System.nanoTime() - start) / NANOS_OF_A_SECOND);
    }

    /// Some amid the others, then the rest from the newest on, of which no layer is folded.
    private void deletes() throws IOException {
        int step = Math.max(1, extent.history() / (DELETED + 2));
        var amid =
                IntStream.iterate(step, i -> i < extent.history() - 1, i -> i + step)
                        .limit(DELETED)
                        .boxed()
                        .toList();
        for (int number : amid) {
            long before = arm.snapshotBytes();
            long start = System.nanoTime();
            arm.stasis().deleteSnapshot(NAME + number);
            run.samples().addSince(Series.of(Metric.STORE_DELETE, Arm.COLD), start);
            double given = before - arm.snapshotBytes();
            add(Metric.STORE_GIVEN_BACK, Arm.COLD, given / StasisArm.MEBIBYTE);
        }
        for (int number = extent.history() - 1; number >= 0; number--) {
            if (!amid.contains(number)) {
                long start = System.nanoTime();
                arm.stasis().deleteSnapshot(NAME + number);
                run.samples().addSince(Series.of(Metric.STORE_DELETE_NEWEST, Arm.COLD), start);
            }
        }
    }

    private void add(Metric metric, Arm arm, double value) {
        run.samples().add(Series.of(metric, arm), value);
    }
}
