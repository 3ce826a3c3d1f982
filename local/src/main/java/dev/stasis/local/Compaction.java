package dev.stasis.local;

import dev.stasis.StasisException;
import dev.stasis.machine.Qcow2Fold;
import dev.stasis.machine.RamFold;
import dev.stasis.machine.RamImage;
import dev.stasis.store.Fold;
import dev.stasis.store.Folding;
import dev.stasis.store.Home;
import dev.stasis.store.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;

/// Makes fewer layers of many, where that gives bytes back or makes a restore quicker. No other
/// snapshot, sandbox or running machine notices: see {@link Folding}. A failure leaves all as it
/// was, and is no failure of what it was done for.
final class Compaction {
    /// How many layers may lie above one that was folded, or above the lowest one.
    static final int DEPTH = 16;

    /// A fold is worth its while when it gives back this part of what it writes.
    private static final int WORTH = 4;

    private static final int ALWAYS = 0;

    private static final System.Logger LOG = System.getLogger(Compaction.class.getName());

    private final Home home;

    Compaction(Home home) {
        this.home = home;
    }

    /// Gives back what deleted snapshots hold that the one above them covers. So many of them are
    /// folded whatever that gives back.
    void giveBack() {
        new FlatCache(home).dropUnused();
        attempt(
                "of deleted snapshots",
                () -> {
                    for (var fold : home.snapshots().folds()) {
                        fold(fold, fold.layers().size() > DEPTH ? ALWAYS : WORTH);
                    }
                });
    }

    /// Makes the layers of a snapshot fewer, if they are many.
    void flatten(String snapshot) {
        for (var part : Part.values()) {
            attempt(
                    "beneath " + snapshot,
                    () -> {
                        var fold = home.snapshots().fold(snapshot, part, DEPTH);
                        if (fold.isPresent()) {
                            fold(fold.get(), ALWAYS);
                        }
                    });
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private static void attempt(String what, Work work) {
        try {
            work.run();
        } catch (IOException | StasisException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "The layers {0} stay as they are: {1}",
                    what,
                    e.getMessage());
        }
    }

    private void fold(Fold fold, int worth) throws IOException {
        int deltas = deltas(fold);
        boolean always = worth == ALWAYS;
        if ((deltas == fold.layers().size() || !always) && tryFold(fold, worth)) {
            return;
        }
        if (deltas >= 2 && deltas < fold.layers().size()) {
            tryFold(fold.first(deltas), worth);
        }
    }

    /// How many of the layers can be folded without one that holds a whole block of memory, which
    /// would have to be copied.
    private static int deltas(Fold fold) {
        int count = 1;
        while (count < fold.layers().size()
                && fold.layers().get(count).files(fold.part()).stream()
                        .noneMatch(file -> file.name().endsWith(RamImage.Flat.nameOf("")))) {
            count++;
        }
        return count;
    }

    private boolean tryFold(Fold fold, int worth) throws IOException {
        // The pin that it sets keeps the files, also those that are looked at to decide.
        var begun = home.snapshots().begin(fold);
        if (begun.isEmpty()) {
            return false;
        }
        try (var folding = begun.get()) {
            boolean made =
                    switch (fold.part()) {
                        case MEMORY -> memory(fold, worth, folding);
                        case DISK -> disk(fold, worth, folding);
                    };
            boolean done = made && folding.publish();
            if (done) {
                home.snapshots().collect();
            }
            return done;
        }
    }

    private boolean disk(Fold fold, int worth, Folding folding) throws IOException {
        var files = SnapshotFiles.disks(home, fold.layers());
        try (var layers = Qcow2Fold.open(files)) {
            if (!isWorth(layers.bytesBefore(), layers.bytes(), worth)) {
                return false;
            }
            var target = folding.file("disk", "qcow2");
            layers.writeTo(target, backingName(fold, layers));
            return true;
        }
    }

    /// Only for tools that look at the file alone; machines are told what it lies on.
    private String backingName(Fold fold, Qcow2Fold layers) {
        var base = fold.base();
        return base == null
                ? layers.backingName()
                : home.snapshots()
                        .find(base)
                        .map(manifest -> SnapshotFiles.disk(home, manifest))
                        .map(file -> Path.of("..", base, "" + file.getFileName()).toString())
                        .orElseGet(layers::backingName);
    }

    private boolean memory(Fold fold, int worth, Folding folding) throws IOException {
        var folds = new LinkedHashMap<String, RamFold>();
        try {
            long before = 0;
            long after = 0;
            var images = SnapshotFiles.verified(home, fold.top().id()).memory();
            for (var image : images.entrySet()) {
                if (!image.getValue().deltas().isEmpty()) {
                    var layers = RamFold.open(image.getValue(), fold.layers().size());
                    folds.put(image.getKey(), layers);
                    before += layers.bytesBefore();
                    after += layers.bytes();
                }
            }
            if (folds.isEmpty() || !isWorth(before, after, worth)) {
                return false;
            }
            for (var block : folds.entrySet()) {
                var kind = block.getValue().isFlat() ? "img" : "delta";
                block.getValue().writeTo(folding.file(block.getKey(), kind));
            }
            return true;
        } finally {
            folds.values().forEach(RamFold::close);
        }
    }

    private static boolean isWorth(long before, long after, int worth) {
        return worth == ALWAYS || (before > after && (before - after) * worth >= after);
    }
}
