package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Snapshot, restore, override, rewind and delete in a loop over several sandboxes, to see whether
/// anything grows.
final class SoakPart {
    private static final ByteSize MEMORY = ByteSize.ofMebibytes(512);
    private static final ByteSize CHANGE = ByteSize.ofMebibytes(4);
    private static final int ALIVE = 5;
    private static final int POINTS = 60;
    private static final double NANOS_OF_A_MILLISECOND = 1e6;
    private static final double NANOS_OF_A_MINUTE = Duration.ofMinutes(1).toNanos();
    private static final double KIBIBYTES = 1024;

    private final Run run;
    private final ArrayDeque<Fork> alive = new ArrayDeque<>();
    private final List<Double> restores = new ArrayList<>();
    private final List<Double> snapshots = new ArrayList<>();
    private long rounds;

    /// A fork that lives for some rounds.
    private record Fork(Sandbox sandbox, String snapshot) {}

    SoakPart(Run run) {
        this.run = run;
    }

    void measure() throws IOException {
        var length = run.settings().soak();
        long begun = System.nanoTime();
        long next = begun;
        try (var root = run.stasis().create("soaked", MEMORY)) {
            while (System.nanoTime() - begun < length.toNanos()) {
                round(root);
                if (System.nanoTime() >= next) {
                    next += length.toNanos() / POINTS;
                    point((System.nanoTime() - begun) / NANOS_OF_A_MINUTE);
                }
            }
        } finally {
            alive.forEach(fork -> fork.sandbox.close());
        }
    }

    private void round(Sandbox root) {
        rounds++;
        root.exec(Guest.change(CHANGE, rounds % 8)).orThrow();
        long start = System.nanoTime();
        var snapshot = root.snapshot();
        snapshots.add((System.nanoTime() - start) / NANOS_OF_A_MILLISECOND);
        var name = "soaked-" + rounds;
        snapshot.saveNamed(name);
        root.resume();
        start = System.nanoTime();
        alive.add(new Fork(snapshot.restore("fork-" + rounds), name));
        restores.add((System.nanoTime() - start) / NANOS_OF_A_MILLISECOND);
        try (var larger =
                snapshot.restoreWith(
                        "larger-" + rounds, r -> r.cpus(2).env("ROUND", "" + rounds))) {
            larger.exec(Guest.COMMAND).orThrow();
        }
        var oldest = alive.getFirst();
        oldest.sandbox.exec(Guest.change(CHANGE, rounds % 2)).orThrow();
        oldest.sandbox.rewind(run.stasis().stasis().snapshot(oldest.snapshot));
        if (alive.size() > ALIVE) {
            alive.removeFirst().sandbox.close();
            run.stasis().stasis().deleteSnapshot(oldest.snapshot);
        }
    }

    private void point(double minutes) throws IOException {
        System.gc();
        var memory = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        var point =
                new SoakPoint(
                        minutes,
                        rounds,
                        memory.getUsed() / StasisArm.MEBIBYTE,
                        resident(),
                        entries(Path.of("/proc/self/fd")),
                        files(run.stasis().root()),
                        median(restores),
                        median(snapshots));
        restores.clear();
        snapshots.clear();
        run.curve().add(point);
        Run.say("  " + point);
    }

    private static double resident() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D+", "")) / KIBIBYTES;
            }
        }
        throw new IOException("/proc/self/status has no VmRSS");
    }

    private static long entries(Path folder) throws IOException {
        long count = 0;
        try (var entries = Files.newDirectoryStream(folder)) {
            for (var _ : entries) {
                count++;
            }
        }
        return count;
    }

    private static long files(Path root) throws IOException {
        try (var all = Files.walk(root)) {
            return all.count();
        } catch (NoSuchFileException | UncheckedIOException e) {
            throw new IOException("the home can't be counted", e);
        }
    }

    private static double median(List<Double> values) {
        var sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.isEmpty() ? 0 : Statistics.quantile(sorted, Statistics.MEDIAN);
    }
}
