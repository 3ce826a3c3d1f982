package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads what a home says about its sandboxes, snapshots and names, as it is at that moment. What
/// has to hold together is read under the store-wide lock.
final class Catalogue {
    private static final int LIMIT_NAME_FILE_BYTES = 64;
    private static final Pattern TEMPLATE_KEY = Pattern.compile("[0-9a-f]{64}");

    private final Home home;

    Catalogue(Home home) {
        this.home = home;
    }

    /// The names of all sandboxes that have a folder.
    List<String> sandboxNames() throws IOException {
        return Leftovers.entries(home.sandboxesFolder()).stream()
                .map(entry -> String.valueOf(entry.getFileName()))
                .filter(Names::isName)
                .toList();
    }

    /// The record of a sandbox.
    ///
    /// @return empty when there is no such sandbox
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when its folder has no valid
    ///   one
    Optional<SandboxRecord> sandbox(String name) throws IOException {
        Path folder = home.sandboxFolder(name);
        Path file = folder.resolve(SandboxStore.RECORD);
        try {
            var record =
                    home.remembered()
                            .read(
                                    file,
                                    SandboxRecord.class,
                                    () ->
                                            SandboxRecord.read(
                                                    Document.read(
                                                            file, SandboxRecord.LIMIT_BYTES)));
            if (!record.name().equals(name)) {
                throw Failures.damaged(
                        "%s is the record of sandbox '%s'".formatted(file, record.name()));
            }
            return Optional.of(record);
        } catch (NoSuchFileException | NotDirectoryException e) {
            if (Files.isDirectory(folder)) {
                throw new StasisException(
                        ErrorCode.STORE_DAMAGED,
                        "Sandbox %s has no record (%s is missing): remove the sandbox"
                                .formatted(name, file),
                        e);
            }
            return Optional.empty();
        }
    }

    /// The ids of all snapshots that have a folder.
    List<String> snapshotIds() throws IOException {
        return Leftovers.entries(home.snapshotsFolder()).stream()
                .map(entry -> String.valueOf(entry.getFileName()))
                .filter(Ids::isId)
                .toList();
    }

    /// The manifest of a snapshot, with its parts as they are held now.
    ///
    /// @return empty when there is no such snapshot
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when its folder has no valid
    ///   one
    Optional<SnapshotManifest> manifest(String id) throws IOException {
        Path folder = home.snapshotFolder(id);
        Path file = folder.resolve(SnapshotStore.MANIFEST);
        try {
            var manifest = manifest(file).manifest;
            if (!manifest.id().equals(id)) {
                throw Failures.damaged(
                        "%s is the manifest of snapshot %s".formatted(file, manifest.id()));
            }
            return Optional.of(replacement(folder, id).applyTo(manifest));
        } catch (NoSuchFileException e) {
            if (Files.isDirectory(folder)) {
                throw new StasisException(
                        ErrorCode.STORE_DAMAGED,
                        "Snapshot %s has no manifest (%s is missing)".formatted(id, file),
                        e);
            }
            return Optional.empty();
        }
    }

    /// @param digest the SHA-256 of the file, to which names point
    private record ManifestFile(SnapshotManifest manifest, String digest) {}

    private ManifestFile manifest(Path file) throws IOException {
        return home.remembered()
                .read(
                        file,
                        ManifestFile.class,
                        () -> {
                            byte[] content = Document.readBytes(file, SnapshotManifest.LIMIT_BYTES);
                            return new ManifestFile(
                                    SnapshotManifest.of(file, content), Digests.hex(content));
                        });
    }

    private Replacement replacement(Path folder, String id) throws IOException {
        return home.remembered()
                .read(
                        folder.resolve(Replacement.FILE),
                        Replacement.class,
                        () -> Replacement.read(folder, id));
    }

    /// What a name points to.
    Optional<NameRecord> named(String name) throws IOException {
        Path file = home.namesFolder().resolve(name);
        try {
            return Optional.of(
                    home.remembered().read(file, NameRecord.class, () -> NameRecord.read(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /// All names, with what they point to.
    SortedMap<String, NameRecord> names() throws IOException {
        var names = new TreeMap<String, NameRecord>();
        for (Path file : Leftovers.entries(home.namesFolder())) {
            String name = String.valueOf(file.getFileName());
            if (Names.isName(name)) {
                named(name).ifPresent(record -> names.put(name, record));
            }
        }
        return Collections.unmodifiableSortedMap(names);
    }

    /// The names that can be read, with what they point to. What only looks for something need not
    /// fail when another name is damaged; what deletes must.
    Map<String, NameRecord> readableNames() throws IOException {
        return new NameList(home).records();
    }

    /// The keys of all templates.
    List<String> templateKeys() throws IOException {
        return Leftovers.entries(home.templatesFolder()).stream()
                .map(entry -> String.valueOf(entry.getFileName()))
                .filter(TEMPLATE_KEY.asMatchPredicate())
                .toList();
    }

    /// The id of the snapshot that is the template of a key; it may be gone, or not be published
    /// yet.
    Optional<String> template(String key) throws IOException {
        try {
            byte[] bytes =
                    Document.readBytes(home.templatesFolder().resolve(key), LIMIT_NAME_FILE_BYTES);
            return Optional.of(new String(bytes, StandardCharsets.UTF_8).strip()).filter(Ids::isId);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /// The ids that names point to.
    Set<String> namedIds() throws IOException {
        return names().values().stream().map(NameRecord::id).collect(Collectors.toSet());
    }

    /// Whether a name that can be read points to a snapshot.
    boolean isNamed(String id) throws IOException {
        return readableNames().values().stream().anyMatch(name -> name.id().equals(id));
    }

    /// The ids of the snapshots whose manifests names point to, which never change any more.
    Set<String> sealedIds() throws IOException {
        return readableNames().values().stream()
                .filter(record -> record.manifest() != null)
                .map(NameRecord::id)
                .collect(Collectors.toSet());
    }

    /// The SHA-256 of a snapshot's manifest, to which its names point.
    String manifestDigest(String id) throws IOException {
        return manifest(home.snapshotFolder(id).resolve(SnapshotStore.MANIFEST)).digest;
    }

    /// Makes sure that snapshots which have names have the manifests that the names point to.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED}
    void requireNamedManifests(Collection<SnapshotManifest> snapshots) throws IOException {
        var all = readableNames();
        for (SnapshotManifest snapshot : snapshots) {
            for (var name : all.entrySet()) {
                String expected = name.getValue().manifest();
                if (name.getValue().id().equals(snapshot.id())
                        && expected != null
                        && !expected.equals(manifestDigest(snapshot.id()))) {
                    throw Failures.damaged(
                            "The manifest of snapshot %s is not the one that its name '%s' points to: it was replaced; bring it back, or delete the name"
                                    .formatted(snapshot.id(), name.getKey()));
                }
            }
        }
    }

    /// The snapshots that some process is making durable.
    Set<String> pinned() throws IOException {
        var pinned = new HashSet<String>();
        for (Path pin : Leftovers.entries(home.pinsFolder())) {
            String file = String.valueOf(pin.getFileName());
            int end = file.indexOf('.');
            if (end > 0 && StoreLock.isHeld(pin)) {
                pinned.add(file.substring(0, end));
            }
        }
        return pinned;
    }

    /// Whether an unnamed snapshot can be restored: its source is there, it was not closed, and the
    /// computer was not restarted since.
    boolean livesUnnamed(SnapshotManifest manifest) throws IOException {
        if (!manifest.has(Part.MEMORY)
                || !manifest.boot().equals(home.host().bootId())
                || Files.exists(home.snapshotFolder(manifest.id()).resolve(SnapshotStore.CLOSED))) {
            return false;
        }
        String name = manifest.source().name();
        if (!Names.isName(name)) {
            return false;
        }
        try {
            var source = sandbox(name);
            return source.isPresent() && source.get().id().equals(manifest.source().id());
        } catch (StasisException e) {
            return true; // Its record is damaged, so nobody can say that it is gone.
        }
    }

    /// The snapshots that a part of a snapshot lies on, itself first.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when one is missing or damaged
    List<SnapshotManifest> chain(SnapshotManifest top, Part part) throws IOException {
        var chain = new ArrayList<SnapshotManifest>();
        var seen = new HashSet<String>();
        chain.add(top);
        seen.add(top.id());
        String base = top.base(part);
        while (base != null) {
            if (!seen.add(base)) {
                throw Failures.damaged("Snapshot %s lies on itself".formatted(base));
            }
            String missing =
                    "Snapshot %s, which snapshot %s lies on, is missing"
                            .formatted(base, chain.getLast().id());
            var next = manifest(base).orElseThrow(() -> Failures.damaged(missing));
            chain.add(next);
            base = next.base(part);
        }
        return chain;
    }
}
