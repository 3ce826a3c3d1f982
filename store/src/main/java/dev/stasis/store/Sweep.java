package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Deletes what nobody needs any more, by mark and sweep under the store-wide lock.
///
/// What is marked is a part of a snapshot, its memory or its disk layer. The roots are: both parts
/// of every snapshot that has a name, is pinned, or has no name but a living source (see
/// [Catalogue#livesUnnamed]); and what the layers in the record of each sandbox lie on, which also
/// holds for one that is only being made. A marked part marks the same part of the snapshot that it
/// lies on.
///
/// A snapshot without a marked part is deleted. One of which only the disk layer is marked, because
/// its source or a later snapshot goes on from it, loses its memory.
///
/// When a record, a name or a marked manifest can't be read, it is not known what it needs: then
/// nothing is deleted, and the log says why.
final class Sweep {
    private static final System.Logger LOG = System.getLogger(Sweep.class.getName());

    private final Home home;
    private final Catalogue catalogue;
    private final Map<String, SnapshotManifest> manifests = new HashMap<>();
    private final Set<Mark> marked = new HashSet<>();
    private final List<Path> discarded = new ArrayList<>();

    private record Mark(String id, Part part) {}

    Sweep(Home home) {
        this.home = home;
        this.catalogue = new Catalogue(home);
    }

    void run() {
        try {
            try (var _ = home.lock("collect snapshots")) {
                mark();
                sweep();
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

    private void mark() throws IOException {
        var roots = new ArrayDeque<Mark>();
        for (String id : catalogue.names().values()) {
            addWhole(roots, id);
        }
        for (String id : catalogue.pinned()) {
            addWhole(roots, id);
        }
        for (String name : catalogue.sandboxNames()) {
            Optional<SandboxRecord> sandbox = catalogue.sandbox(name);
            if (sandbox.isPresent()) {
                add(roots, sandbox.get().layers().memoryBase(), Part.MEMORY);
                add(roots, sandbox.get().layers().diskBase(), Part.DISK);
            }
        }
        for (String id : catalogue.snapshotIds()) {
            var manifest = readable(id);
            if (manifest.isPresent()) {
                manifests.put(id, manifest.get());
                if (catalogue.livesUnnamed(manifest.get())) {
                    addWhole(roots, id);
                }
            }
        }
        spread(roots);
    }

    private void spread(Deque<Mark> open) {
        while (!open.isEmpty()) {
            var mark = open.removeFirst();
            if (marked.add(mark)) {
                var manifest = manifests.get(mark.id);
                if (manifest == null) {
                    throw Failures.damaged(
                            "Snapshot %s is needed, and it is missing or its manifest is damaged"
                                    .formatted(mark.id));
                }
                add(open, manifest.base(mark.part), mark.part);
            }
        }
    }

    private Optional<SnapshotManifest> readable(String id) throws IOException {
        try {
            return catalogue.manifest(id);
        } catch (StasisException e) {
            return Optional.empty(); // Only a loss if somebody needs it.
        }
    }

    private void sweep() throws IOException {
        for (String id : catalogue.snapshotIds()) {
            var manifest = manifests.get(id);
            if (!isMarked(id, Part.MEMORY) && !isMarked(id, Part.DISK)) {
                discarded.add(home.discard(home.snapshotFolder(id)));
            } else if (manifest != null
                    && !isMarked(id, Part.MEMORY)
                    && manifest.has(Part.MEMORY)) {
                dropMemory(manifest);
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

    private boolean isMarked(String id, Part part) {
        return marked.contains(new Mark(id, part));
    }

    private static void addWhole(Deque<Mark> open, String id) {
        for (Part part : Part.values()) {
            open.add(new Mark(id, part));
        }
    }

    private static void add(Deque<Mark> open, @Nullable String id, Part part) {
        if (id != null) {
            open.add(new Mark(id, part));
        }
    }
}
