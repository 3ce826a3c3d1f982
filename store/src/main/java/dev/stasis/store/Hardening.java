package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Makes a snapshot and what it lies on durable, in two steps: the files, which takes long and is
/// done outside the locks while a [Pin] keeps them, and the manifests, under the store-wide lock. A
/// manifest says that a file is durable only after the file was synced.
final class Hardening {
    private final Home home;

    /// What was made durable, by snapshot and by the name of the file.
    private final SequencedMap<String, Map<String, StoredFile>> done = new LinkedHashMap<>();

    private record Soft(SnapshotManifest manifest, StoredFile file) {}

    Hardening(Home home) {
        this.home = home;
    }

    /// Syncs and digests the files that are not durable yet, both at once: the one waits for the
    /// disk, the other for the processors.
    void harden(SnapshotStore.Chains chains) throws IOException {
        var soft = new ArrayList<Soft>();
        chains.memory().reversed().forEach(manifest -> addSoft(manifest, Part.MEMORY, soft));
        chains.disk().reversed().forEach(manifest -> addSoft(manifest, Part.DISK, soft));
        if (soft.isEmpty()) {
            return;
        }
        Future<Void> synced;
        try (var executor = Executors.newSingleThreadExecutor()) {
            synced = executor.submit(() -> sync(soft));
            digest(soft);
        }
        await(synced);
    }

    private static void addSoft(SnapshotManifest manifest, Part part, List<Soft> soft) {
        for (StoredFile file : manifest.files(part)) {
            if (!file.durable() || file.digest() == null) {
                soft.add(new Soft(manifest, file));
            }
        }
    }

    private Void sync(List<Soft> soft) throws IOException {
        for (Soft each : soft) {
            home.disk().sync(path(each));
        }
        return null;
    }

    private void digest(List<Soft> soft) throws IOException {
        var verified = new LinkedHashMap<String, Verified>();
        for (Soft each : soft) {
            String id = each.manifest.id();
            if (!verified.containsKey(id)) {
                verified.put(id, Verified.of(home, id));
            }
            var file = each.file;
            var known = file.digest();
            var digest =
                    known == null ? verified.get(id).read(path(each), Digests::of, null) : known;
            done.computeIfAbsent(id, _ -> new LinkedHashMap<>())
                    .put(
                            file.name(),
                            new StoredFile(file.name(), file.part(), file.size(), true, digest));
        }
        verified.values().forEach(Verified::keep);
    }

    private Path path(Soft each) {
        return home.snapshotFolder(each.manifest.id()).resolve(each.file.name());
    }

    private static void await(Future<Void> work) throws IOException {
        try {
            work.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failed -> throw failed;
                case Error failed -> throw failed;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while files were written to the disk", e);
        }
    }

    /// Writes the manifests of all snapshots that were hardened, as they are held now. One that a
    /// name points to is never written again: it became durable with its name. The caller holds the
    /// store-wide lock.
    void writeManifests() throws IOException {
        var catalogue = new Catalogue(home);
        var sealed = catalogue.sealedIds();
        for (var entry : done.entrySet()) {
            String id = entry.getKey();
            if (!sealed.contains(id)) {
                var now =
                        catalogue
                                .manifest(id)
                                .orElseThrow(
                                        () -> Failures.damaged("Snapshot " + id + " vanished"));
                write(now, merged(now, entry.getValue()));
            }
        }
        home.disk().sync(home.snapshotsFolder());
    }

    /// A name will cover the files of folded layers too, so what replaced them goes into the
    /// manifest.
    private void write(SnapshotManifest manifest, List<StoredFile> files) throws IOException {
        Path folder = home.snapshotFolder(manifest.id());
        for (Path left : Folding.leftBehind(home, manifest)) {
            home.disk().delete(left);
        }
        home.disk()
                .write(
                        folder.resolve(SnapshotStore.MANIFEST),
                        manifest.withFiles(files).toBytes(),
                        Durability.SYNCED);
        if (Files.exists(folder.resolve(Replacement.FILE))) {
            home.disk().delete(folder.resolve(Replacement.FILE));
            home.disk().sync(folder);
        }
    }

    private static List<StoredFile> merged(
            SnapshotManifest manifest, Map<String, StoredFile> hardened) {
        var files = new ArrayList<StoredFile>();
        for (StoredFile file : manifest.files()) {
            files.add(hardened.getOrDefault(file.name(), file));
        }
        return files;
    }
}
