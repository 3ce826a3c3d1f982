package dev.stasis.bench;

import dev.stasis.ForkOutcome;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/// Many forks of one snapshot at once: how many a second, and what each has of memory.
final class ForksPart {
    private static final int AT_ONCE = 2;
    private static final double NANOS_OF_A_SECOND = 1e9;
    private static final int LOOKED_AT = 20;

    private final Run run;
    private final QemuArms qemu;
    private final Snapshot snapshot;

    ForksPart(Run run, QemuArms qemu, Snapshot snapshot) {
        this.run = run;
        this.qemu = qemu;
        this.snapshot = snapshot;
    }

    void measure() throws IOException, QmpException {
        for (int forks : run.settings().extent().forks()) {
            stasis(forks);
            bare(forks);
        }
    }

    private void stasis(int count) throws IOException {
        Run.say("  " + count + " forks at once");
        var names = new ArrayList<String>();
        var running = Collections.synchronizedList(new ArrayList<Instant>());
        for (int i = 0; i < count; i++) {
            var name = run.stasis().nextFork();
            names.add(name);
            run.marks().restore(name, event -> running.add(event.getEndTime()));
        }
        var begun = Instant.now();
        long start = System.nanoTime();
        var alive = new ArrayList<Sandbox>();
        try {
            for (var outcome : snapshot.restoreAll(names, (_, _) -> {})) {
                switch (outcome) {
                    case ForkOutcome.Restored(var sandbox) -> alive.add(sandbox);
                    case ForkOutcome.Failed(_, var failure) -> throw failure;
                }
            }
            long took = System.nanoTime() - start;
            rate(Metric.FORKS_READY, Arm.COLD, count, took);
            alive.forEach(fork -> fork.exec(Guest.COMMAND).orThrow());
            run.samples().add(series(Metric.FORKS_ALIVE, Arm.COLD, count), alive.size());
            for (var fork : alive.subList(0, Math.min(LOOKED_AT, alive.size()))) {
                OwnMemory.of(run.stasis().pid(fork))
                        .addTo(run.samples(), Arm.COLD, Subject.MAIN.withForks(count));
            }
        } finally {
            alive.forEach(Sandbox::close);
        }
        run.marks().collect();
        running.stream()
                .max(Instant::compareTo)
                .ifPresent(last ->
                        rate(
                                Metric.FORKS_RUNNING,
                                Arm.COLD,
                                count,
                                Duration.between(begun, last).toNanos()));
    }

    private void bare(int count) throws IOException, QmpException {
        var overlays = new ArrayList<Path>();
        for (int i = 0; i < count; i++) {
            overlays.add(qemu.newOverlay());
        }
        var alive = Collections.synchronizedList(new ArrayList<PlainQemu>());
        try {
            long start = System.nanoTime();
            atOnce(overlays, overlay -> alive.add(qemu.bare(overlay)));
            rate(Metric.FORKS_RUNNING, Arm.BARE, count, System.nanoTime() - start);
            for (var machine : alive.subList(0, Math.min(LOOKED_AT, alive.size()))) {
                machine.introduce("bare");
                machine.run(Guest.COMMAND);
                OwnMemory.of(machine.pid())
                        .addTo(run.samples(), Arm.BARE, Subject.MAIN.withForks(count));
            }
        } finally {
            for (var machine : alive) {
                machine.close();
            }
        }
        if (count <= LOOKED_AT * AT_ONCE * AT_ONCE + LOOKED_AT) {
            bareReady(count);
        }
    }

    private void bareReady(int count) throws IOException, QmpException {
        var overlays = new ArrayList<Path>();
        for (int i = 0; i < count; i++) {
            overlays.add(qemu.newOverlay());
        }
        var alive = Collections.synchronizedList(new ArrayList<PlainQemu>());
        try {
            long start = System.nanoTime();
            atOnce(
                    overlays,
                    overlay -> {
                        var machine = qemu.bare(overlay);
                        alive.add(machine);
                        machine.introduce("bare");
                    });
            rate(Metric.FORKS_READY, Arm.BARE, count, System.nanoTime() - start);
        } finally {
            for (var machine : alive) {
                machine.close();
            }
        }
    }

    /// What is done with each disk layer.
    @FunctionalInterface
    private interface Step {
        void with(Path overlay) throws IOException, QmpException;
    }

    private static void atOnce(List<Path> overlays, Step step) throws IOException {
        try (var executor = Executors.newFixedThreadPool(AT_ONCE)) {
            var work = new ArrayList<Callable<Boolean>>();
            for (var overlay : overlays) {
                work.add(() -> {
                    step.with(overlay);
                    return true;
                });
            }
            for (var done : executor.invokeAll(work)) {
                done.get();
            }
        } catch (ExecutionException e) {
            throw new IOException("a bare QEMU failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting bare QEMUs", e);
        }
    }

    private void rate(Metric metric, Arm arm, int count, long nanos) {
        run.samples().add(series(metric, arm, count), count * NANOS_OF_A_SECOND / nanos);
    }

    private static Series series(Metric metric, Arm arm, int forks) {
        return new Series(metric, arm, Subject.MAIN.withForks(forks));
    }
}
