package dev.stasis.local;

import dev.stasis.Finding;
import dev.stasis.StasisException;
import dev.stasis.store.Home;
import dev.stasis.store.SandboxRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

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

    /// Run folders of machines whose builder was killed: no sandbox and no unfinished snapshot has
    /// their id. What is looked at first is the folders, since they are made last.
    private void removeAbandonedRuns(List<Finding> removed) {
        var ids = home.runtime().ids();
        var known =
                home.sandboxes().list().stream().map(SandboxRecord::id).collect(Collectors.toSet());
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
