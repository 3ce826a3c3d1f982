package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.LabelsBuilder;
import dev.stasis.SandboxTerms;
import dev.stasis.StasisException;
import dev.stasis.store.Durability;
import dev.stasis.store.SandboxRecord;
import java.util.function.Consumer;

/// On which terms one sandbox is kept.
record Terms(Place place) {
    /// What was asked for, as a record has it.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when a label can't be
    static SandboxRecord.Terms of(SandboxTerms wanted) {
        return new SandboxRecord.Terms(wanted.labels(), wanted.lifetime());
    }

    void relabel(Consumer<LabelsBuilder> change) {
        try (var _ = place.lock("label")) {
            var record = place.record();
            var labels = new LabelsBuilder(record.terms().labels());
            change.accept(labels);
            var changed = new SandboxRecord.Terms(labels.build(), record.terms().lifetime());
            place.home().sandboxes().update(record.withTerms(changed), Durability.UNSYNCED);
        }
    }

    /// Removes the sandbox that has the name of this one, which is about to be made.
    ///
    /// @param next what is known of this one
    /// @throws StasisException with {@link ErrorCode#WRONG_STATE} when the new one is to be
    ///   restored from a snapshot that would go with the old one
    void replace(SandboxRecord next) {
        var home = place.home();
        home.sandboxes()
                .find(place.name())
                .ifPresent(old -> {
                    requireIndependent(old, next);
                    Removal.of(new Place(home, old.name(), old.id())).remove();
                });
    }

    private void requireIndependent(SandboxRecord old, SandboxRecord next) {
        boolean goes =
                place.home().snapshots().list().stream()
                        .filter(entry -> entry.manifest().id().equals(next.base()))
                        .anyMatch(entry ->
                                entry.names().isEmpty()
                                        && entry.manifest().source().id().equals(old.id()));
        if (goes) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox %s can't be replaced by a fork of %s: that snapshot has no name and goes with it; save it under a name first"
                            .formatted(old.name(), next.base()));
        }
    }
}
