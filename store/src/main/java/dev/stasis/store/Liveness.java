package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What in a home is needed, by marking it, as it is while the caller holds the store-wide lock.
///
/// What is marked is a part of a snapshot, its memory or its disk layer. The roots are: both parts
/// of every snapshot that has a name, is a template, is pinned, or has no name but a living source
/// (see [Catalogue#livesUnnamed]); and what the layers in the record of each sandbox lie on, which
/// also holds for one that is only being made. A marked part marks the same part of the snapshot
/// that it lies on.
final class Liveness {
    private final Catalogue catalogue;
    private final Map<String, SnapshotManifest> manifests = new LinkedHashMap<>();
    private final Set<Mark> roots = new HashSet<>();
    private final Set<Mark> marked = new HashSet<>();

    private record Mark(String id, Part part) {}

    private Liveness(Home home) {
        this.catalogue = new Catalogue(home);
    }

    /// Marks.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when a record, a name or a
    ///   marked manifest can't be read: then it is not known what it needs
    static Liveness of(Home home) throws IOException {
        var liveness = new Liveness(home);
        liveness.mark();
        return liveness;
    }

    /// The manifests of all snapshots that have a readable one.
    Collection<SnapshotManifest> manifests() {
        return manifests.values();
    }

    /// A manifest of a snapshot that is marked.
    SnapshotManifest manifest(String id) {
        var manifest = manifests.get(id);
        if (manifest == null) {
            throw Failures.damaged(
                    "Snapshot %s is needed, and it is missing or its manifest is damaged"
                            .formatted(id));
        }
        return manifest;
    }

    /// Whether a part is needed.
    boolean isMarked(String id, Part part) {
        return marked.contains(new Mark(id, part));
    }

    /// Whether a part is needed by something else than a snapshot that lies on it.
    boolean isRoot(String id, Part part) {
        return roots.contains(new Mark(id, part));
    }

    private void mark() throws IOException {
        for (String id : catalogue.namedIds()) {
            addWhole(id);
        }
        for (String id : catalogue.pinned()) {
            addWhole(id);
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
                    addWhole(id);
                }
            }
        }
        for (String key : catalogue.templateKeys()) {
            catalogue.template(key).filter(manifests::containsKey).ifPresent(this::addWhole);
        }
        spread(new ArrayDeque<>(roots));
    }

    private void spread(Deque<Mark> open) {
        while (!open.isEmpty()) {
            var mark = open.removeFirst();
            if (marked.add(mark)) {
                add(open, manifest(mark.id).base(mark.part), mark.part);
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

    private void addWhole(String id) {
        for (Part part : Part.values()) {
            roots.add(new Mark(id, part));
        }
    }

    private static void add(Collection<Mark> to, @Nullable String id, Part part) {
        if (id != null) {
            to.add(new Mark(id, part));
        }
    }
}
