package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// Gives names and labels to snapshots, and takes them away.
final class Naming {
    private final Home home;
    private final SnapshotStore snapshots;
    private final Catalogue catalogue;

    Naming(Home home) {
        this.home = home;
        this.snapshots = new SnapshotStore(home);
        this.catalogue = new Catalogue(home);
    }

    void save(String id, Saving saving) throws IOException {
        String name = Names.check("snapshot", saving.name());
        Labels.check(saving.labels());
        Optional<String> moved;
        try (var _ = pin(id, saving)) {
            var hardening = new Hardening(home);
            hardening.harden(snapshots.verify(id));
            try (var _ = home.lock("name snapshot " + id)) {
                requireFree(saving);
                moved = target(name);
                hardening.writeManifests();
                if (!saving.labels().isEmpty()) {
                    addLabels(id, saving.labels());
                }
                Instant expires =
                        saving.keepFor().map(home.host().clock().instant()::plus).orElse(null);
                var record = new NameRecord(id, catalogue.manifestDigest(id), expires);
                home.disk()
                        .write(
                                home.namesFolder().resolve(name),
                                record.toBytes(),
                                Durability.SYNCED);
                endUnnamed(moved);
            }
        }
        if (moved.isPresent()) {
            snapshots.collect();
        }
    }

    private Pin pin(String id, Saving saving) throws IOException {
        try (var _ = home.lock("save snapshot " + id)) {
            requireFree(saving);
            if (!snapshots.restorable(id)) {
                throw SnapshotStore.notFound(id);
            }
            return Pin.set(home, id);
        }
    }

    /// Makes sure that a snapshot can be saved so. The caller holds the store-wide lock.
    void requireFree(Saving saving) {
        String name = saving.name();
        boolean moves = saving.taken() == Saving.WhenTaken.MOVE;
        if ((isTaken(name) && !moves) || Files.exists(home.snapshotFolder(name))) {
            throw new StasisException(
                    ErrorCode.NAME_TAKEN,
                    "There is a snapshot named '%s' already: choose another name, move that one to this snapshot, or delete it"
                            .formatted(name));
        }
    }

    private boolean isTaken(String name) {
        return Files.exists(home.namesFolder().resolve(name), LinkOption.NOFOLLOW_LINKS);
    }

    void delete(String name) throws IOException {
        try (var _ = home.lock("delete snapshot name " + Names.shown(name))) {
            if (!Names.isName(name) || !isTaken(name)) {
                throw SnapshotStore.notFound(name);
            }
            deleteLocked(name);
        }
        snapshots.collect();
    }

    /// The caller holds the store-wide lock, and collects afterwards.
    void deleteLocked(String name) throws IOException {
        var id = target(name);
        home.disk().delete(home.namesFolder().resolve(name));
        home.disk().sync(home.namesFolder());
        endUnnamed(id);
    }

    /// With its last name a snapshot ends, though its source may live.
    private void endUnnamed(Optional<String> id) throws IOException {
        if (id.isPresent() && !new NameList(home).readable().containsValue(id.get())) {
            snapshots.markClosed(id.get());
        }
    }

    /// What a name points to; a name that nobody can read can be removed all the same.
    private Optional<String> target(String name) throws IOException {
        try {
            return catalogue.named(name).map(NameRecord::id);
        } catch (StasisException e) {
            return Optional.empty();
        }
    }

    void relabel(String id, UnaryOperator<Map<String, String>> change) throws IOException {
        try (var _ = home.lock("label snapshot " + id)) {
            if (!snapshots.restorable(id)) {
                throw SnapshotStore.notFound(id);
            }
            Path folder = home.snapshotFolder(id);
            var changed = Labels.check(change.apply(new TreeMap<>(Labels.read(folder))));
            write(id, changed);
        }
    }

    private void addLabels(String id, Map<String, String> labels) throws IOException {
        var all = new TreeMap<>(Labels.read(home.snapshotFolder(id)));
        all.putAll(labels);
        write(id, Labels.check(all));
    }

    private void write(String id, Map<String, String> labels) throws IOException {
        home.disk()
                .write(
                        home.snapshotFolder(id).resolve(Labels.FILE),
                        Labels.toBytes(id, labels),
                        Durability.SYNCED);
    }
}
