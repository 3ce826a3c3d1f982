package dev.stasis.local;

import dev.stasis.Finding;
import dev.stasis.StasisException;
import dev.stasis.store.Home;
import dev.stasis.store.SandboxRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// Removes what processes left in a home when they were killed: half-made sandboxes, and attached
/// ones that nobody owns any more.
final class Housekeeping {
    private static final System.Logger LOG = System.getLogger(Housekeeping.class.getName());

    private final Home home;

    Housekeeping(Home home) {
        this.home = home;
    }

    /// Does it.
    ///
    /// @return what was removed
    List<Finding> cleanUp() {
        var removed = new ArrayList<Finding>();
        removeAbandonedClones(removed);
        removeAbandonedRuns(removed);
        for (var leftover : home.sandboxes().leftovers()) {
            try (leftover) {
                Removal.of(place(leftover.record())).removeLocked();
                removed.add(removed("sandbox " + leftover.name(), "was half-made"));
            }
        }
        for (var record : home.sandboxes().list()) {
            var place = place(record);
            if (record.attached()
                    && record.state() != SandboxRecord.State.CREATING
                    && !Ownership.isHeld(place)) {
                removeOrphan(place);
                removed.add(
                        removed("sandbox " + place.name(), "was attached, and its owner is gone"));
            }
        }
        return removed;
    }

    /// Clones of pools whose process is gone.
    private void removeAbandonedClones(List<Finding> removed) {
        for (var id : home.pools().abandoned(folder -> Clone.isOwned(home, folder))) {
            Clone.remove(Clone.left(home, id));
            removed.add(removed("clone " + id, "was in a pool, and its owner is gone"));
        }
    }

    /// Run folders of machines whose builder was killed: no sandbox, no clone and no unfinished
    /// snapshot has their id. What is looked at first is the folders, since they are made last, and
    /// clones before sandboxes, since that is what they become.
    private void removeAbandonedRuns(List<Finding> removed) {
        var ids = home.runtime().ids();
        var known = new HashSet<>(home.pools().ids());
        home.sandboxes().list().stream().map(SandboxRecord::id).forEach(known::add);
        for (var id : ids) {
            if (!known.contains(id) && !home.snapshots().isBeingMade(id)) {
                var place = new Place(home, "template", id, home.snapshotFolder(id));
                Removal.of(place).forgetMachine();
                removed.add(removed(place.run().toString(), "was the run folder of no sandbox"));
            }
        }
    }

    private static Finding removed(String subject, String problem) {
        return new Finding(subject, problem, Finding.Outcome.REPAIRED);
    }

    private void removeOrphan(Place place) {
        try {
            Removal.of(place).removeUnlessOwned();
        } catch (StasisException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Sandbox "
                            + place.name()
                            + ", whose owner is gone, could not be removed: "
                            + e.getMessage());
        }
    }

    private Place place(SandboxRecord record) {
        return new Place(home, record.name(), record.id());
    }
}
