package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Deletes what nobody needs any more, by mark and sweep under the store-wide lock.
///
/// A snapshot without a marked part, see [Liveness], is deleted. One of which only the disk layer
/// is marked, because its source or a later snapshot goes on from it, loses its memory. What is
/// left of a fold goes too: see [Folding].
///
/// When a record, a name or a marked manifest can't be read, it is not known what it needs: then
/// nothing is deleted, and the log says why.
final class Sweep {
    private static final System.Logger LOG = System.getLogger(Sweep.class.getName());

    private final Home home;
    private final Catalogue catalogue;
    private final List<Path> discarded = new ArrayList<>();

    Sweep(Home home) {
        this.home = home;
        this.catalogue = new Catalogue(home);
    }

    void run() {
        try {
            try (var _ = home.lock("collect snapshots")) {
                sweep(Liveness.of(home));
            } catch (StasisException e) {
                if (e.code() != ErrorCode.STORE_DAMAGED) {
                    throw e;
                }
                LOG.log(
                        System.Logger.Level.WARNING,
                        "No snapshot is deleted, since it is not known what is in use: {0}",
                        e.getMessage());
            }
            for (Path path : discarded) {
                home.disk().deleteTree(path);
            }
        } catch (IOException e) {
            throw Failures.of("Deleting snapshots that nobody needs in " + home.root(), e);
        }
    }

    /// What a run would delete, in words. The caller holds the store-wide lock.
    List<String> unneeded() throws IOException {
        var liveness = Liveness.of(home);
        var unneeded = new ArrayList<String>();
        for (String id : catalogue.snapshotIds()) {
            boolean memory = liveness.isMarked(id, Part.MEMORY);
            if (!memory && !liveness.isMarked(id, Part.DISK)) {
                unneeded.add("snapshot " + id);
                continue;
            }
            var manifest = liveness.manifest(id);
            if (!memory && manifest.has(Part.MEMORY)) {
                unneeded.add("the memory of snapshot " + id);
            }
            Folding.leftBehind(home, manifest).forEach(left -> unneeded.add(left.toString()));
        }
        return unneeded;
    }

    private void sweep(Liveness liveness) throws IOException {
        for (String id : catalogue.snapshotIds()) {
            boolean memory = liveness.isMarked(id, Part.MEMORY);
            if (!memory && !liveness.isMarked(id, Part.DISK)) {
                discarded.add(home.discard(home.snapshotFolder(id)));
                continue;
            }
            var manifest = liveness.manifest(id);
            if (!memory && manifest.has(Part.MEMORY)) {
                dropMemory(manifest);
            }
            for (Path left : Folding.leftBehind(home, manifest)) {
                // What a restore notes as verified is written without the store-wide lock.
                home.discardIfThere(left).ifPresent(discarded::add);
            }
        }
    }

    /// The files go first, for the manifest can't be written where the disk is full: then it lists
    /// what is not there, which nobody can restore any more, until a later sweep.
    private void dropMemory(SnapshotManifest manifest) throws IOException {
        Path folder = home.snapshotFolder(manifest.id());
        for (StoredFile file : manifest.files()) {
            Path path = folder.resolve(file.name());
            if (file.part() == Part.MEMORY && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                discarded.add(home.discard(path));
            }
        }
        var kept = manifest.files().stream().filter(file -> file.part() == Part.DISK).toList();
        byte[] left = manifest.withoutMemoryBase().withFiles(kept).toBytes();
        try {
            home.disk().write(folder.resolve(SnapshotStore.MANIFEST), left, Durability.UNSYNCED);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "The manifest of snapshot {0} still lists its memory, which is deleted: {1}",
                    manifest.id(),
                    e.getMessage());
        }
    }
}
