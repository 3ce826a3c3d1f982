package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which parts of which snapshots go into an archive: all that a snapshot lies on, but what another
/// one lies on as well.
final class ExportPlan {
    private final Home home;
    private final Catalogue catalogue;
    private final List<SnapshotArchive.Needed> needed = new ArrayList<>();
    private final List<SnapshotManifest> snapshots = new ArrayList<>();
    private final Map<String, Path> sources = new HashMap<>();
    private final Alone alone;
    private long bytes;

    /// Makes the lowest layer of a disk one that lies on no file at all.
    interface Alone {
        /// Makes it; gives none when the layer lies on nothing already.
        Optional<Path> of(Path layer) throws IOException;
    }

    private ExportPlan(Home home, Alone alone) {
        this.home = home;
        this.catalogue = new Catalogue(home);
        this.alone = alone;
    }

    /// Plans. The caller keeps the snapshot, every file of which has a digest.
    ///
    /// @param since what is left out, with all that it lies on; null = nothing
    static ExportPlan of(Home home, String id, @Nullable String since, Alone alone)
            throws IOException {
        var plan = new ExportPlan(home, alone);
        plan.collect(plan.manifest(id), since);
        return plan;
    }

    /// What goes into the archive, each snapshot after what it lies on.
    List<SnapshotManifest> snapshots() {
        return snapshots;
    }

    /// What is left out, and lain on.
    List<SnapshotArchive.Needed> needed() {
        return needed;
    }

    /// How many bytes the files have, without holes.
    long bytes() {
        return bytes;
    }

    private record Layer(String id, Part part) {}

    private void collect(SnapshotManifest top, @Nullable String since) throws IOException {
        var known = since == null ? Set.<Layer>of() : layers(since);
        var parts = new LinkedHashMap<String, Set<Part>>();
        for (Part part : new Part[] {Part.DISK, Part.MEMORY}) {
            for (SnapshotManifest each : catalogue.chain(top, part).reversed()) {
                if (!known.contains(new Layer(each.id(), part))) {
                    parts.computeIfAbsent(each.id(), _ -> new HashSet<>()).add(part);
                }
            }
        }
        if (!parts.getOrDefault(top.id(), Set.of()).contains(Part.MEMORY)) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "There is nothing to export: snapshot %s is part of %s, which the archive would leave out"
                            .formatted(top.id(), since));
        }
        for (String id : inOrder(parts, top)) {
            add(id, Objects.requireNonNull(parts.get(id)), parts);
        }
    }

    private Set<Layer> layers(String id) throws IOException {
        var base = manifest(id);
        var layers = new HashSet<Layer>();
        for (Part part : Part.values()) {
            catalogue.chain(base, part).forEach(each -> layers.add(new Layer(each.id(), part)));
        }
        return layers;
    }

    private List<String> inOrder(Map<String, Set<Part>> parts, SnapshotManifest top)
            throws IOException {
        var manifests = new HashMap<String, SnapshotManifest>();
        for (String id : parts.keySet()) {
            manifests.put(id, manifest(id));
        }
        var ordered = new ArrayList<String>();
        var visited = new HashSet<String>();
        visit(top.id(), manifests, visited, ordered);
        return ordered;
    }

    private static void visit(
            String id,
            Map<String, SnapshotManifest> manifests,
            Set<String> visited,
            List<String> ordered) {
        var manifest = manifests.get(id);
        if (manifest != null && visited.add(id)) {
            for (Part part : Part.values()) {
                Optional.ofNullable(manifest.base(part))
                        .ifPresent(base -> visit(base, manifests, visited, ordered));
            }
            ordered.add(id);
        }
    }

    private void add(String id, Set<Part> parts, Map<String, Set<Part>> all) throws IOException {
        var manifest = manifest(id);
        var archived = manifest.writtenIn("");
        for (Part part : Part.values()) {
            boolean goes = parts.contains(part);
            String base = manifest.base(part);
            archived =
                    archived.withPart(
                            part,
                            goes ? base : null,
                            goes ? durable(manifest.files(part)) : List.of());
            if (goes && base != null && !all.getOrDefault(base, Set.of()).contains(part)) {
                need(base, part);
            }
        }
        if (archived.has(Part.DISK) && archived.diskBase() == null) {
            archived = standingAlone(archived);
        }
        for (StoredFile file : archived.files()) {
            bytes += ArchivedRanges.bytes(source(id, file), file.size());
        }
        snapshots.add(archived);
    }

    /// The lowest layer lies on the empty disk of the Stasis that made it, which may be another one
    /// where the archive goes.
    private SnapshotManifest standingAlone(SnapshotManifest snapshot) throws IOException {
        var files = new ArrayList<StoredFile>();
        for (StoredFile file : snapshot.files(Part.DISK)) {
            var made = alone.of(source(snapshot.id(), file));
            if (made.isEmpty()) {
                files.add(file);
                continue;
            }
            String name = Folding.nextName(file.name());
            long size = Files.size(made.get());
            files.add(new StoredFile(name, Part.DISK, size, true, Digests.of(made.get())));
            sources.put(snapshot.id() + "/" + name, made.get());
        }
        return snapshot.withPart(Part.DISK, null, files);
    }

    /// Where the content of a file is.
    Path source(String id, StoredFile file) {
        Path own = home.snapshotFolder(id).resolve(file.name());
        return sources.getOrDefault(id + "/" + file.name(), own);
    }

    private void need(String id, Part part) throws IOException {
        if (needed.stream().noneMatch(each -> each.id().equals(id) && each.part() == part)) {
            var base = manifest(id);
            needed.add(new SnapshotArchive.Needed(id, part, durable(base.files(part))));
        }
    }

    private static List<StoredFile> durable(List<StoredFile> files) {
        return files.stream()
                .map(file ->
                        new StoredFile(file.name(), file.part(), file.size(), true, file.digest()))
                .toList();
    }

    private SnapshotManifest manifest(String id) throws IOException {
        return catalogue.manifest(id).orElseThrow(() -> SnapshotStore.notFound(id));
    }
}
