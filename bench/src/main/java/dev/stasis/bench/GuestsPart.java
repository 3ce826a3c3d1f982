package dev.stasis.bench;

import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Every arm on guests of all sizes and fillings, idle and busy: a few runs of each.
final class GuestsPart {
    private final Run run;
    private final Run.Time time;
    private final @Nullable Path newerQemu;

    GuestsPart(Run run, Run.Time time, @Nullable Path newerQemu) {
        this.run = run;
        this.time = time;
        this.newerQemu = newerQemu;
    }

    void measure() throws IOException, QmpException {
        for (long mebibytes : run.settings().extent().sizes()) {
            for (int percent : run.settings().extent().percents()) {
                var subject = Subject.idle(mebibytes, percent);
                if (time.isUp()) {
                    run.note("no time was left for guests of " + subject);
                } else {
                    Run.say("  " + subject);
                    measure(subject);
                }
            }
        }
    }

    private void measure(Subject subject) throws IOException, QmpException {
        try (var source = run.stasis().create("guest", subject.memory())) {
            source.exec(Guest.fill(subject.inUse())).orThrow();
            try (var snapshot =
                    run.stasis()
                            .snapshot(
                                    source,
                                    new Series(Metric.SNAPSHOT_TOTAL, Arm.COLD, subject),
                                    new Series(Metric.SNAPSHOT_PAUSE, Arm.COLD, subject))) {
                run.samples()
                        .add(
                                new Series(Metric.SNAPSHOT_DISK, Arm.COLD, subject),
                                StasisArm.onDisk(snapshot));
                arms(subject, snapshot);
                busy(source, subject.busy());
            }
        }
    }

    private void busy(Sandbox source, Subject subject) throws IOException, QmpException {
        source.resume();
        source.exec(Guest.BUSY).orThrow();
        try (var snapshot =
                run.stasis()
                        .snapshot(
                                source,
                                new Series(Metric.CHANGED_TOTAL, Arm.COLD, subject),
                                new Series(Metric.CHANGED_PAUSE, Arm.COLD, subject))) {
            if (!time.isUp()) {
                arms(subject, snapshot);
            }
        }
    }

    private void arms(Subject subject, Snapshot snapshot) throws IOException, QmpException {
        var original = run.stasis().original(subject, snapshot);
        try (var qemu = new QemuArms(run.samples(), run.workplace(), original, newerQemu)) {
            qemu.prepare();
            for (int i = 0; i < run.settings().extent().fewRuns(); i++) {
                run.stasis().restore(snapshot, subject);
                for (var arm : qemu.arms()) {
                    qemu.restore(arm);
                }
            }
        }
    }
}
