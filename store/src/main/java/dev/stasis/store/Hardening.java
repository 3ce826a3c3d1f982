package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Makes a snapshot and what it lies on durable, in two steps: the files, which takes long and is
/// done outside the locks while a [Pin] keeps them, and the manifests, under the store-wide lock. A
/// manifest says that a file is durable only after the file was synced.
final class Hardening {
    private final Home home;

    /// What was made durable, by snapshot and by the name of the file.
    private final SequencedMap<String, Map<String, StoredFile>> done = new LinkedHashMap<>();

    Hardening(Home home) {
        this.home = home;
    }

    /// Syncs and digests the files that are not durable yet.
    void harden(SnapshotStore.Chains chains) throws IOException {
        for (SnapshotManifest manifest : chains.memory().reversed()) {
            harden(manifest, Part.MEMORY);
        }
        for (SnapshotManifest manifest : chains.disk().reversed()) {
            harden(manifest, Part.DISK);
        }
    }

    private void harden(SnapshotManifest manifest, Part part) throws IOException {
        Path folder = home.snapshotFolder(manifest.id());
        for (StoredFile file : manifest.files()) {
            if (file.part() == part && !file.durable()) {
                Path path = folder.resolve(file.name());
                home.disk().sync(path);
                String digest = file.sha256() == null ? Digests.sha256(path) : file.sha256();
                done.computeIfAbsent(manifest.id(), id -> new LinkedHashMap<>())
                        .put(
                                file.name(),
                                new StoredFile(file.name(), part, file.size(), true, digest));
            }
        }
    }

    /// Writes the manifests of all snapshots that were hardened. The caller holds the store-wide
    /// lock.
    void writeManifests() throws IOException {
        var catalogue = new Catalogue(home);
        for (var entry : done.entrySet()) {
            String id = entry.getKey();
            var now =
                    catalogue
                            .manifest(id)
                            .orElseThrow(() -> Failures.damaged("Snapshot " + id + " vanished"));
            home.disk()
                    .write(
                            home.snapshotFolder(id).resolve(SnapshotStore.MANIFEST),
                            now.withFiles(merged(now, entry.getValue())).toBytes(),
                            Durability.SYNCED);
        }
        home.disk().sync(home.snapshotsFolder());
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
