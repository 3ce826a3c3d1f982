package dev.stasis.bench;

import dev.stasis.Pool;
import dev.stasis.Snapshot;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// Many restores of one guest, the arms taking turns: the fast ones several times in a turn.
final class RestoresPart {
    private static final List<Arm> SLOW = List.of(Arm.LOADVM, Arm.MIGRATION, Arm.MAPPED_RAM);
    private static final int FAST_IN_A_TURN = 3;
    private static final int POOLED = 3;
    private static final int SPAWNS = 20;
    private static final Duration FILLED = Duration.ofMinutes(2);

    private final Run run;
    private final Alternatives alternatives;

    RestoresPart(Run run, Alternatives alternatives) {
        this.run = run;
        this.alternatives = alternatives;
    }

    void measure() throws IOException, QmpException {
        var subject = run.settings().extent().main();
        try (var source = run.stasis().create("restored", subject.memory())) {
            run.software().putAll(run.stasis().software(source));
            source.exec(Guest.fill(subject.inUse())).orThrow();
            run.stasis().commands(source);
            var snapshot = source.snapshot();
            var original = run.stasis().original(Subject.MAIN, snapshot);
            try (var qemu = alternatives.qemu(run, original);
                    var libvirt = alternatives.libvirt(run, original);
                    var _ = run.stasis().warm(snapshot, "sibling")) {
                qemu.prepare();
                libvirt.save();
                try (var pool = snapshot.pool(POOLED)) {
                    turns(snapshot, pool, qemu, libvirt);
                }
                for (int i = 0; i < SPAWNS; i++) {
                    qemu.spawn();
                }
                new ForksPart(run, qemu, snapshot).measure();
            }
        }
    }

    private void turns(Snapshot snapshot, Pool pool, QemuArms qemu, LibvirtArm libvirt)
            throws IOException, QmpException {
        var extent = run.settings().extent();
        var time = Run.atMost(extent.restores());
        for (int turn = 0; turn < extent.turns() && (turn == 0 || !time.isUp()); turn++) {
            for (int i = 0; i < FAST_IN_A_TURN; i++) {
                run.stasis().restore(snapshot, Subject.MAIN);
                qemu.restore(Arm.BARE);
                qemu.restore(Arm.TEMPLATING);
            }
            pool.awaitReady(FILLED);
            for (int i = 0; i < POOLED; i++) {
                run.stasis().restore(pool);
            }
            pool.awaitReady(FILLED); // so that filling is nobody's burden
            if (turn % extent.slowEvery() == 0) {
                slow(qemu, libvirt);
            }
        }
    }

    private static void slow(QemuArms qemu, LibvirtArm libvirt) throws IOException, QmpException {
        for (var arm : SLOW) {
            if (qemu.arms().contains(arm)) {
                qemu.restore(arm);
            }
        }
        libvirt.restore();
    }
}
