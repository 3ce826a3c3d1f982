package dev.stasis.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;

/// What the computer itself needs for what everything is made of.
final class FloorsPart {
    private static final long COPIED = 400L << 20;
    private static final long CHUNK = 1 << 20;
    private static final int PAGE = 4096;
    private static final int COPIES = 5;
    private static final int CALLS = 20;
    private static final double NANOS_OF_A_SECOND = 1e9;

    private final Run run;

    FloorsPart(Run run) {
        this.run = run;
    }

    void measure() throws IOException {
        run.workplace().touchMemory((2 * COPIED) >> 20);
        try (var arena = Arena.ofConfined()) {
            var from = arena.allocate(COPIED, PAGE);
            var to = arena.allocate(COPIED, PAGE);
            from.fill((byte) 'x');
            to.fill((byte) 'y');
            for (int i = 0; i < COPIES; i++) {
                copy(from, to);
                write(from);
            }
        }
        for (int i = 0; i < CALLS; i++) {
            exec();
            sync();
        }
    }

    private void copy(MemorySegment from, MemorySegment to) {
        long start = System.nanoTime();
        to.copyFrom(from);
        rate(Metric.FLOOR_MEMCPY, start);
    }

    private void write(MemorySegment bytes) throws IOException {
        var file = run.workplace().file("written");
        long start = System.nanoTime();
        try (var channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            for (long at = 0; at < COPIED; at += CHUNK) {
                var chunk = bytes.asSlice(at, CHUNK).asByteBuffer();
                while (chunk.hasRemaining()) {
                    channel.write(chunk);
                }
            }
        }
        rate(Metric.FLOOR_WRITE, start);
        Files.delete(file);
    }

    private void rate(Metric metric, long start) {
        double seconds = (System.nanoTime() - start) / NANOS_OF_A_SECOND;
        run.samples().add(Series.of(metric, Arm.FLOOR), COPIED / StasisArm.MEBIBYTE / seconds);
    }

    private void exec() throws IOException {
        long start = System.nanoTime();
        var process = new ProcessBuilder("/bin/true").start();
        try {
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException("/bin/true ended with exit code " + code);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while /bin/true runs", e);
        }
        run.samples().addSince(Series.of(Metric.FLOOR_EXEC, Arm.FLOOR), start);
    }

    private void sync() throws IOException {
        var file = run.workplace().file("synced");
        try (var channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            channel.write(ByteBuffer.allocate(PAGE));
            long start = System.nanoTime();
            channel.force(true);
            run.samples().addSince(Series.of(Metric.FLOOR_FSYNC, Arm.FLOOR), start);
        }
        Files.delete(file);
    }
}
