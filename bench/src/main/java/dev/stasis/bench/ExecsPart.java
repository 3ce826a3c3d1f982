package dev.stasis.bench;

import dev.stasis.ExecHandle;
import dev.stasis.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Commands: how long one takes beside an echo over the same channel, how fast their streams are,
/// many at once, and what is held of the output that nobody takes.
final class ExecsPart {
    private static final int AT_ONCE = 64;
    private static final double NANOS_OF_A_SECOND = 1e9;
    private static final double BYTES_OF_A_MEBIBYTE = 1 << 20;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int COLLECTIONS = 3;

    private final Run run;
    private final boolean full;

    ExecsPart(Run run) {
        this.run = run;
        this.full = !run.settings().extent().isQuick();
    }

    void measure() throws IOException {
        try (var sandbox = run.stasis().create("execs", run.settings().extent().main().memory())) {
            trips(sandbox, full ? 100 : 15);
            for (int i = 0; i < (full ? 5 : 1); i++) {
                streams(sandbox, full ? 32 : 4);
                many(sandbox);
                stalled(sandbox);
            }
        }
    }

    /// In turns, so that whatever else the computer does meets all of them.
    private void trips(Sandbox sandbox, int count) throws IOException {
        try (var cat = sandbox.execStream(e -> e.command("cat").openStdin());
                var typed = cat.stdin()) {
            cat.next(LONG);
            for (int i = 0; i < count; i++) {
                long start = System.nanoTime();
                sandbox.exec("true").orThrow();
                add(Metric.EXEC_TRIP, start);
                start = System.nanoTime();
                typed.write("x\n".getBytes(StandardCharsets.UTF_8));
                typed.flush();
                cat.next(LONG);
                add(Metric.EXEC_CAT, start);
                double echo = sandbox.ping().toNanos() / NANOS_OF_A_SECOND * 1000;
                run.samples().add(Series.of(Metric.EXEC_ECHO, Arm.COLD), echo);
            }
        }
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            sandbox.exec("true").orThrow();
            add(Metric.EXEC_ALONE, start);
        }
    }

    private void add(Metric metric, long start) {
        run.samples().addSince(Series.of(metric, Arm.COLD), start);
    }

    private void streams(Sandbox sandbox, int mebibytes) throws IOException {
        long bytes = (long) mebibytes << 20;
        var counted = new Counted();
        long start = System.nanoTime();
        sandbox.exec(e ->
                        e.command("head", "-c", Long.toString(bytes), "/dev/zero").stdout(counted))
                .orThrow();
        check(counted.count, bytes);
        rate(Metric.EXEC_STDOUT, bytes, start);
        start = System.nanoTime();
        var said =
                sandbox.exec(e -> e.command("wc", "-c").stdin(new Zeros(bytes))).orThrow().stdout();
        check(Long.parseLong(said.strip()), bytes);
        rate(Metric.EXEC_STDIN, bytes, start);
    }

    private static void check(long found, long bytes) throws IOException {
        if (found != bytes) {
            throw new IOException(found + " bytes came of " + bytes);
        }
    }

    private void rate(Metric metric, long bytes, long start) {
        double seconds = (System.nanoTime() - start) / NANOS_OF_A_SECOND;
        run.samples().add(Series.of(metric, Arm.COLD), bytes / BYTES_OF_A_MEBIBYTE / seconds);
    }

    private void many(Sandbox sandbox) throws IOException {
        long start = System.nanoTime();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < AT_ONCE; i++) {
                all.add(executor.submit(() -> sandbox.exec("true").orThrow()));
            }
            for (var each : all) {
                each.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IOException("one of " + AT_ONCE + " commands failed", e);
        }
        add(Metric.EXEC_MANY, start);
    }

    /// What Java holds more while a command has written all that is taken of it, and nobody does.
    private void stalled(Sandbox sandbox) {
        long before = held();
        try (var command = sandbox.execStream(e -> e.command("cat", "/dev/zero"))) {
            command.next(LONG);
            sandbox.exec("sleep", "1").orThrow();
            double more = Math.max(0, held() - before);
            run.samples().add(Series.of(Metric.EXEC_STALLED, Arm.COLD), more / BYTES_OF_A_MEBIBYTE);
            end(command);
        }
    }

    private static void end(ExecHandle command) {
        command.kill();
        command.await();
    }

    private static long held() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /// Takes everything.
    private static final class Counted extends OutputStream {
        private long count;

        @Override
        public void write(int one) {
            count++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            count += length;
        }
    }

    /// So many zeros.
    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long count) {
            left = count;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            if (left <= 0) {
                return -1;
            }
            int n = (int) Math.min(left, length);
            left -= n;
            return n;
        }
    }
}
