package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// How long a sandbox stands still for its snapshots, the first and those after a change, when it
/// has booted and when it is a fork.
final class PausesPart {
    private static final ByteSize CHANGE = ByteSize.ofMebibytes(10);

    private static final Duration BETWEEN = Duration.ofMillis(300);

    private final Run run;
    private final Alternatives alternatives;
    private int changes;

    PausesPart(Run run, Alternatives alternatives) {
        this.run = run;
        this.alternatives = alternatives;
    }

    void measure() throws IOException, QmpException {
        var extent = run.settings().extent();
        var time = Run.atMost(extent.pauses());
        for (int i = 0; i < extent.sources() && (i == 0 || !time.isUp()); i++) {
            source(extent.main(), Subject.MAIN);
        }
        if (extent.large() && !time.isUp()) {
            var large = Subject.idle(4096, 40);
            source(large, large);
        }
    }

    /// @param made the guest to be made
    /// @param as what its values are of
    private void source(Subject made, Subject as) throws IOException, QmpException {
        try (var source = run.stasis().boot("source", made.memory())) {
            source.exec(Guest.fill(made.inUse())).orThrow();
            run.workplace().touchMemory(made.memory().mebibytes());
            try (var first =
                    run.stasis()
                            .snapshot(
                                    source,
                                    new Series(Metric.SNAPSHOT_TOTAL, Arm.COLD, as),
                                    new Series(Metric.SNAPSHOT_PAUSE, Arm.COLD, as))) {
                run.samples()
                        .add(
                                new Series(Metric.SNAPSHOT_DISK, Arm.COLD, as),
                                StasisArm.onDisk(first));
                libvirt(first, as);
                for (int i = 0; i < run.settings().extent().changes(); i++) {
                    resume(source);
                    change(source);
                    changed(source, as, new Series(Metric.CHANGED_PAUSE, Arm.COLD, as)).close();
                }
                fork(first, as);
                rewind(source, first);
                checkpoints(source, as);
                source.exec(Guest.WRITER).orThrow();
                checkpoints(source, as.busy());
            }
        }
    }

    /// The same guest, saved by libvirt.
    private void libvirt(Snapshot snapshot, Subject as) throws IOException, QmpException {
        if (as.equals(Subject.MAIN) && alternatives.virsh() != null) {
            try (var libvirt = alternatives.libvirt(run, run.stasis().original(as, snapshot))) {
                libvirt.save();
            }
        }
    }

    private Snapshot changed(Sandbox sandbox, Subject as, Series pause) {
        var snapshot =
                run.stasis()
                        .snapshot(sandbox, new Series(Metric.CHANGED_TOTAL, Arm.COLD, as), pause);
        run.samples()
                .add(new Series(Metric.CHANGED_DISK, Arm.COLD, as), StasisArm.onDisk(snapshot));
        return snapshot;
    }

    private void fork(Snapshot snapshot, Subject as) {
        try (var fork = snapshot.restore(run.stasis().nextFork())) {
            change(fork);
            changed(fork, as, new Series(Metric.FORK_FIRST_PAUSE, Arm.COLD, as)).close();
            for (int i = 0; i < run.settings().extent().changes(); i++) {
                fork.resume();
                change(fork);
                changed(fork, as, new Series(Metric.FORK_CHANGED_PAUSE, Arm.COLD, as)).close();
            }
        }
    }

    private void checkpoints(Sandbox source, Subject as) {
        for (int i = 0; i <= run.settings().extent().changes(); i++) {
            run.marks().pause(source.name(), new Series(Metric.CHECKPOINT_PAUSE, Arm.COLD, as));
            long start = System.nanoTime();
            source.checkpoint().close();
            run.samples().addSince(new Series(Metric.CHECKPOINT_TOTAL, Arm.COLD, as), start);
            pause();
        }
    }

    /// So that something has changed.
    private static void pause() {
        LockSupport.parkNanos(BETWEEN.toNanos());
    }

    private void rewind(Sandbox source, Snapshot snapshot) {
        long start = System.nanoTime();
        source.rewind(snapshot);
        run.samples().addSince(Series.of(Metric.REWIND_READY, Arm.COLD), start);
        source.exec(Guest.COMMAND).orThrow();
        run.samples().addSince(Series.of(Metric.REWIND_FIRST_OUTPUT, Arm.COLD), start);
    }

    private void change(Sandbox sandbox) {
        changes++;
        sandbox.exec(Guest.change(CHANGE, changes % 2)).orThrow();
    }

    private void resume(Sandbox sandbox) {
        long start = System.nanoTime();
        sandbox.resume();
        run.samples().addSince(Series.of(Metric.RESUME, Arm.COLD), start);
    }
}
