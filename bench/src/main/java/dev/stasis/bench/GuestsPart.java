package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;

/// Every arm on guests of all sizes and fillings, idle and busy: a few runs of each.
final class GuestsPart {
    /// libvirt has a guest stand still while it is saved, so that a busy one is none then. One of
    /// this size is not tried once more, as it takes long.
    private static final ByteSize LARGE = ByteSize.ofMebibytes(4096);

    private final Run run;
    private final Run.Time time;
    private final Alternatives alternatives;

    GuestsPart(Run run, Run.Time time, Alternatives alternatives) {
        this.run = run;
        this.time = time;
        this.alternatives = alternatives;
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
        try (var qemu = alternatives.qemu(run, original);
                var libvirt = alternatives.libvirt(run, original)) {
            qemu.prepare();
            if (subject.load() == Subject.Load.IDLE || subject.memory().compareTo(LARGE) < 0) {
                libvirt.save();
                libvirt.restore();
            }
            for (int i = 0; i < run.settings().extent().fewRuns(); i++) {
                run.stasis().restore(snapshot, subject);
                for (var arm : qemu.arms()) {
                    qemu.restore(arm);
                }
            }
        }
    }
}
