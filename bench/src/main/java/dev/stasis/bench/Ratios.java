package dev.stasis.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/// The figures that count, each with what it should be.
final class Ratios {
    private static final double ALMOST = 0.005;

    private final Samples samples;
    private final Map<String, Ratio> found = new LinkedHashMap<>();

    /// One figure.
    ///
    /// @param estimate what it is, and how sure that is
    /// @param goal what it should be at most, or at least; empty when there is no goal
    /// @param least whether the goal is the least
    record Ratio(Statistics.Estimate estimate, OptionalDouble goal, boolean least) {
        boolean isMet() {
            return goal.isEmpty()
                    || (least
                            ? estimate.value() >= goal.getAsDouble() - ALMOST
                            : estimate.value() <= goal.getAsDouble() + ALMOST);
        }

        /// The goal, for people.
        String goalText() {
            return goal.isEmpty()
                    ? ""
                    : (least ? "≥ " : "≤ ")
                            + String.format(Locale.ROOT, "%.4g", goal.getAsDouble());
        }
    }

    private Ratios(Samples samples) {
        this.samples = samples;
    }

    /// All that the samples are enough for, by name.
    static Map<String, Ratio> of(Samples samples) {
        var ratios = new Ratios(samples);
        ratios.restores();
        ratios.snapshots();
        ratios.forks();
        ratios.making();
        ratios.store();
        ratios.tests();
        ratios.execs();
        return ratios.found;
    }

    private void restores() {
        var running = Series.of(Metric.RESTORE_RUNNING, Arm.COLD);
        versus("restore.cold", running, Arm.BARE, 1.3);
        versus("restore.cold", running, Arm.LOADVM, 0.1);
        for (var arm : List.of(Arm.MIGRATION, Arm.MAPPED_RAM, Arm.TEMPLATING, Arm.LIBVIRT)) {
            versus("restore.cold", running, arm, Double.NaN);
        }
        median("restore.cold.p50_ms", running, Double.NaN);
        difference("restore.cold.beyond_bare_ms", running, other(running, Arm.BARE), 3);
        var pooled = Series.of(Metric.RESTORE_RUNNING, Arm.POOLED);
        median("restore.pooled.p50_ms", pooled, 3);
        p99("restore.pooled.p99_ms", pooled, 10);
        versus("restore.pooled", pooled, Arm.BARE, Double.NaN);
        var output = Series.of(Metric.RESTORE_FIRST_OUTPUT, Arm.COLD);
        versus("restore.first_exec", output, Arm.LOADVM, 0.5);
        versus("restore.first_exec", output, Arm.BARE, Double.NaN);
        versus("restore.first_exec", output, Arm.LIBVIRT, Double.NaN);
        var ready = Series.of(Metric.RESTORE_READY, Arm.COLD);
        versus("restore.ready", ready, Arm.BARE, Double.NaN);
        flat();
    }

    /// How much longer a large guest takes to restore than a small one.
    private void flat() {
        ratio(
                "restore.cold.4096M_vs_256M",
                new Series(Metric.RESTORE_RUNNING, Arm.COLD, Subject.idle(4096, 40)),
                new Series(Metric.RESTORE_RUNNING, Arm.COLD, Subject.idle(256, 40)),
                Double.NaN);
    }

    private void snapshots() {
        var changed = Series.of(Metric.CHANGED_PAUSE, Arm.COLD);
        median("snapshot.dirty10.pause_ms", changed, 20);
        median(
                "snapshot.dirty10.4096M.pause_ms",
                new Series(Metric.CHANGED_PAUSE, Arm.COLD, Subject.idle(4096, 40)),
                35);
        median(
                "snapshot.dirty10.fork.pause_ms",
                Series.of(Metric.FORK_CHANGED_PAUSE, Arm.COLD),
                20);
        median("checkpoint.pause_ms", Series.of(Metric.CHECKPOINT_PAUSE, Arm.COLD), 15);
        median(
                "checkpoint.writer.pause_ms",
                new Series(Metric.CHECKPOINT_PAUSE, Arm.COLD, Subject.MAIN.busy()),
                50);
        ratio(
                "snapshot.dirty10.vs_savevm",
                Series.of(Metric.CHANGED_TOTAL, Arm.COLD),
                Series.of(Metric.SNAPSHOT_TOTAL, Arm.LOADVM),
                0.15);
        libvirt();
        rewind();
        captured();
    }

    /// A guest stands still for all of its `save`, and is gone then.
    private void libvirt() {
        var first = Series.of(Metric.SNAPSHOT_TOTAL, Arm.COLD);
        versus("snapshot", first, Arm.LIBVIRT, Double.NaN);
        versus(
                "snapshot.pause",
                Series.of(Metric.SNAPSHOT_PAUSE, Arm.COLD),
                Arm.LIBVIRT,
                Double.NaN);
        ratio(
                "snapshot.dirty10.vs_libvirt",
                Series.of(Metric.CHANGED_TOTAL, Arm.COLD),
                other(first, Arm.LIBVIRT),
                Double.NaN);
    }

    /// Against ending a QEMU and loading another one; how long the ending takes is not counted.
    private void rewind() {
        ratio(
                "rewind.ready.vs_loadvm_running",
                Series.of(Metric.REWIND_READY, Arm.COLD),
                Series.of(Metric.RESTORE_RUNNING, Arm.LOADVM),
                Double.NaN);
        ratio(
                "rewind.first_exec.vs_loadvm",
                Series.of(Metric.REWIND_FIRST_OUTPUT, Arm.COLD),
                Series.of(Metric.RESTORE_FIRST_OUTPUT, Arm.LOADVM),
                Double.NaN);
    }

    /// How fast a first capture is, as a part of copying that memory into a file.
    private void captured() {
        var took = samples.sorted(Series.of(Metric.SNAPSHOT_TOTAL, Arm.COLD));
        var size = samples.sorted(Series.of(Metric.SNAPSHOT_DISK, Arm.COLD));
        var write = samples.sorted(Series.of(Metric.FLOOR_WRITE, Arm.FLOOR));
        if (!took.isEmpty() && !size.isEmpty() && !write.isEmpty()) {
            double mebibytes = Statistics.median(size).value();
            var rates = took.stream().map(ms -> mebibytes / ms * 1000).toList();
            found.put(
                    "snapshot.first.vs_copy",
                    new Ratio(Statistics.ratio(rates, write), OptionalDouble.of(0.7), true));
        }
    }

    private void forks() {
        var bare = Series.of(Metric.MEMORY_ANONYMOUS, Arm.BARE);
        ratio("fork.private.vs_bare_qemu", other(bare, Arm.COLD), bare, 1.15);
        for (int count : new int[] {10, 100, 300}) {
            var subject = Subject.MAIN.withForks(count);
            forks(count, subject);
        }
    }

    private void forks(int count, Subject subject) {
        var ours = new Series(Metric.FORKS_RUNNING, Arm.COLD, subject);
        var theirs = new Series(Metric.FORKS_RUNNING, Arm.BARE, subject);
        if (count <= 100) {
            ratio("forks_per_s.vs_bare_qemu", ours, theirs, 0.8, true);
        }
        ratio("forks_per_s.%d.vs_bare_qemu".formatted(count), ours, theirs, 0.8, true);
        ratio(
                "forks_per_s.%d.ready.vs_bare_qemu".formatted(count),
                new Series(Metric.FORKS_READY, Arm.COLD, subject),
                new Series(Metric.FORKS_READY, Arm.BARE, subject),
                0.8,
                true);
        ratio(
                "fork.private.%d.vs_bare_qemu".formatted(count),
                new Series(Metric.MEMORY_PRIVATE, Arm.COLD, subject),
                new Series(Metric.MEMORY_PRIVATE, Arm.BARE, subject),
                1.15);
    }

    private void making() {
        ratio(
                "create.vs_restore",
                Series.of(Metric.CREATE_TEMPLATE, Arm.COLD),
                Series.of(Metric.RESTORE_IDLE, Arm.COLD),
                1.3);
        ratio(
                "create.vs_boot",
                Series.of(Metric.CREATE_TEMPLATE, Arm.COLD),
                Series.of(Metric.CREATE_BOOT, Arm.COLD),
                0.1);
        ratio(
                "image.disk.vs_layers",
                Series.of(Metric.IMAGE_DISK, Arm.COLD),
                Series.of(Metric.IMAGE_LAYERS, Arm.COLD),
                1.5);
        median("image.pull_mib_s", Series.of(Metric.IMAGE_PULL, Arm.COLD), Double.NaN);
        median("image.build_mib_s", Series.of(Metric.IMAGE_BUILD, Arm.COLD), Double.NaN);
        median("override.cpu_ms", Series.of(Metric.MORE_CPU, Arm.COLD), 50);
        median("override.memory_ms", Series.of(Metric.MORE_MEMORY, Arm.COLD), 250);
        median("cli.restore_ms", Series.of(Metric.CLI_RESTORE, Arm.COLD), 250);
        p99("java.gc_pause.p99_ms", Series.of(Metric.JAVA_PAUSE, Arm.COLD), 5);
    }

    private void store() {
        var flat = Series.of(Metric.STORE_FLAT, Arm.COLD);
        ratio("store.newest.vs_flat", Series.of(Metric.STORE_NEWEST, Arm.COLD), flat, 1.2);
        ratio("store.middle.vs_flat", Series.of(Metric.STORE_MIDDLE, Arm.COLD), flat, 1.2);
        ratio("store.oldest.vs_flat", Series.of(Metric.STORE_OLDEST, Arm.COLD), flat, 1.2);
        floor("store.bytes.vs_changed", Metric.STORE_BYTES, Double.NaN, false);
        floor("store.save.vs_fsync", Metric.STORE_SAVE, Double.NaN, false);
        floor("store.verify.vs_digest", Metric.STORE_VERIFY, 0.7, true);
    }

    private void tests() {
        var test = Series.of(Metric.JUNIT_TEST, Arm.COLD);
        ratio("junit.test.vs_restart", test, Series.of(Metric.JUNIT_RESTART, Arm.COLD), 0.1);
        ratio("junit.test.vs_dump", test, Series.of(Metric.JUNIT_DUMP, Arm.COLD), 0.1);
        ratio(
                "junit.second_start.vs_first",
                Series.of(Metric.JUNIT_AGAIN, Arm.COLD),
                Series.of(Metric.JUNIT_FIRST, Arm.COLD),
                0.2);
    }

    private void floor(String name, Metric metric, double goal, boolean least) {
        var ours = Series.of(metric, Arm.COLD);
        ratio(name, ours, other(ours, Arm.FLOOR), goal, least);
    }

    private void execs() {
        var echo = Series.of(Metric.EXEC_ECHO, Arm.COLD);
        var cat = Series.of(Metric.EXEC_CAT, Arm.COLD);
        ratio("exec.vs_echo", Series.of(Metric.EXEC_TRIP, Arm.COLD), echo, 2);
        ratio("exec.alone.vs_echo", Series.of(Metric.EXEC_ALONE, Arm.COLD), echo, Double.NaN);
        ratio("exec.vs_cat", Series.of(Metric.EXEC_TRIP, Arm.COLD), cat, Double.NaN);
        median("exec.stdout_mib_s", Series.of(Metric.EXEC_STDOUT, Arm.COLD), Double.NaN);
        median("exec.stdin_mib_s", Series.of(Metric.EXEC_STDIN, Arm.COLD), Double.NaN);
        median("exec.64_at_once_ms", Series.of(Metric.EXEC_MANY, Arm.COLD), Double.NaN);
        median("exec.stalled_mib", Series.of(Metric.EXEC_STALLED, Arm.COLD), Double.NaN);
    }

    private static Series other(Series series, Arm arm) {
        return new Series(series.metric(), arm, series.subject());
    }

    private void versus(String name, Series ours, Arm arm, double goal) {
        var title = arm == Arm.BARE ? "bare_qemu" : arm.key();
        ratio(name + ".vs_" + title, ours, other(ours, arm), goal);
    }

    private void ratio(String name, Series ours, Series theirs, double most) {
        ratio(name, ours, theirs, most, false);
    }

    private void ratio(String name, Series ours, Series theirs, double goal, boolean least) {
        var us = samples.sorted(ours);
        var them = samples.sorted(theirs);
        if (!us.isEmpty() && !them.isEmpty()) {
            found.put(name, new Ratio(Statistics.ratio(us, them), goal(goal), least));
        }
    }

    private void median(String name, Series series, double most) {
        var values = samples.sorted(series);
        if (!values.isEmpty()) {
            found.put(name, new Ratio(Statistics.median(values), goal(most), false));
        }
    }

    private void difference(String name, Series ours, Series theirs, double most) {
        var us = samples.sorted(ours);
        var them = samples.sorted(theirs);
        if (!us.isEmpty() && !them.isEmpty()) {
            found.put(name, new Ratio(Statistics.difference(us, them), goal(most), false));
        }
    }

    private void p99(String name, Series series, double most) {
        var values = samples.sorted(series);
        if (!values.isEmpty()) {
            double value = Statistics.quantile(values, Statistics.NEARLY_ALL);
            var estimate = new Statistics.Estimate(value, value, values.getLast());
            found.put(name, new Ratio(estimate, goal(most), false));
        }
    }

    private static OptionalDouble goal(double goal) {
        return Double.isNaN(goal) ? OptionalDouble.empty() : OptionalDouble.of(goal);
    }
}
