package dev.stasis.local;

import dev.stasis.StasisException;
import dev.stasis.store.Home;
import dev.stasis.store.SandboxRecord;

/// Removes what processes left in a home when they were killed: half-made sandboxes, and attached
/// ones that nobody owns any more.
final class Housekeeping {
    private static final System.Logger LOG = System.getLogger(Housekeeping.class.getName());

    private final Home home;

    Housekeeping(Home home) {
        this.home = home;
    }

    void cleanUp() {
        for (var leftover : home.sandboxes().leftovers()) {
            try (leftover) {
                Removal.of(place(leftover.record())).removeLocked();
            }
        }
        for (var record : home.sandboxes().list()) {
            var place = place(record);
            if (record.attached()
                    && record.state() != SandboxRecord.State.CREATING
                    && !Ownership.isHeld(place)) {
                removeOrphan(place);
            }
        }
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
