package dev.stasis.bench;

import dev.stasis.Snapshot;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/// One run. The arms take turns, so that whatever else the computer does meets all of them.
final class Bench {
    private static final int WARM_UPS = 3;

    private final Settings settings;
    private final Samples samples = new Samples();
    private final Map<String, String> software = new TreeMap<>();

    Bench(Settings settings) {
        this.settings = settings;
    }

    Samples run() throws IOException, QmpException {
        try (var workplace = new Workplace(settings.folder());
                var marks = new Marks();
                var stasis = new StasisArm(settings, samples, workplace.home());
                var plain = prepare(stasis, workplace)) {
            for (int round = 1; round <= settings.rounds(); round++) {
                say("round " + round + " of " + settings.rounds());
                round(round, stasis, plain);
            }
            say("a line of " + settings.history() + " snapshots");
            new HistoryArm(settings, samples, stasis).run();
            marks.addTo(samples, workplace.file("marks.jfr"));
        }
        return samples;
    }

    /// What it ran on.
    Map<String, String> software() {
        return software;
    }

    private PlainArms prepare(StasisArm stasis, Workplace workplace)
            throws IOException, QmpException {
        say("preparing the guest, and plain QEMU with the same");
        workplace.touchMemory(2 * settings.memory().mebibytes());
        try (var template = stasis.boot("template")) {
            software.putAll(stasis.software(template));
            var snapshot = template.snapshot();
            for (int i = 1; i <= WARM_UPS; i++) {
                stasis.warm(snapshot, "warm-up-" + i).close();
            }
            var arguments = stasis.arguments(template);
            var plain = new PlainArms(settings, samples, workplace, arguments, stasis.blankDisk());
            boolean done = false;
            try {
                plain.prepare();
                done = true;
                return plain;
            } finally {
                if (!done) {
                    plain.close();
                }
            }
        }
    }

    private void round(int round, StasisArm stasis, PlainArms plain)
            throws IOException, QmpException {
        var name = "source-" + round;
        plain.boot();
        try (var source = stasis.source(name)) {
            plain.savevm();
            plain.outgoing();
            stasis.restoreAlone(source.snapshot());
            try (var _ = stasis.warm(source.snapshot(), "sibling")) {
                for (int i = 0; i < settings.restores(); i++) {
                    restores(source.snapshot(), stasis, plain);
                }
            }
            stasis.snapshotsOfFork(source.snapshot());
            stasis.rewind(source);
            plain.rewind();
            stasis.forget(name);
        }
        stasis.createFromTemplate();
    }

    private static void restores(Snapshot snapshot, StasisArm stasis, PlainArms plain)
            throws IOException, QmpException {
        stasis.restore(snapshot);
        stasis.restoreLarger(snapshot);
        plain.loadvm();
        plain.incoming();
    }

    private static void say(String what) {
        System.err.println("bench: " + what);
    }
}
