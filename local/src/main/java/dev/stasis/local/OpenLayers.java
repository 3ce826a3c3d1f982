package dev.stasis.local;

import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.store.Layers;
import java.time.Duration;

/// The disk layers that the machine of a sandbox has open. Each snapshot adds one, and each makes
/// the next snapshot slower, so that from time to time they are made fewer: those of the snapshot
/// that the sandbox lies on are folded, and the machine is put on what came of that. Ahead, while
/// it runs.
final class OpenLayers {
    private static final System.Logger LOG = System.getLogger(OpenLayers.class.getName());
    private static final Duration STEP = Duration.ofSeconds(30);

    private final Place place;
    private final Machine machine;

    OpenLayers(Place place, Machine machine) {
        this.place = place;
        this.machine = machine;
    }

    /// Makes them fewer, if they are many.
    ///
    /// @param layers what the sandbox lies on
    /// @return how many lie below the one that the machine writes to
    int shortened(Layers layers) {
        int open = machine.layersBelow(STEP);
        var base = layers.diskBase();
        if (open < Compaction.DEPTH || base == null) {
            return open;
        }
        try {
            new Compaction(place.home()).flatten(base);
            var files = SnapshotFiles.disks(place.home(), base);
            if (open - files.size() < Compaction.DEPTH - 1) {
                return open;
            }
            machine.replaceLayersBelow(files, STEP);
            return files.size();
        } catch (StasisException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "The {0} disk layers that sandbox {1} has open stay open: {2}",
                    open,
                    place.name(),
                    e.getMessage());
            return open;
        }
    }
}
