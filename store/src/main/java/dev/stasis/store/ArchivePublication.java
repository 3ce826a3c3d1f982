package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes the snapshots of an archive exist in a home, all at once.
///
/// What of them is here already stays as it is and is kept meanwhile; a snapshot that has lost its
/// memory here gets it back. New ones are moved into place, bases first and without names, so that
/// until the name is written, which comes last, the next sweep removes all of it.
final class ArchivePublication implements AutoCloseable {
    /// The folder of the root file system's file.
    static final String IMAGE = "image";

    private final Home home;
    private final SnapshotArchive archive;
    private final String name;
    private final Catalogue catalogue;
    private final List<Pin> pins = new ArrayList<>();
    private final Map<String, SnapshotManifest> here = new HashMap<>();

    private ArchivePublication(Home home, SnapshotArchive archive, String name) {
        this.home = home;
        this.archive = archive;
        this.name = name;
        this.catalogue = new Catalogue(home);
    }

    /// Finds out what is here, and keeps that.
    ///
    /// @throws StasisException with {@link ErrorCode#NAME_TAKEN}, {@link
    ///   ErrorCode#SNAPSHOT_NOT_FOUND} naming what is missing, or {@link ErrorCode#ARCHIVE_INVALID}
    ///   when what is here is not what the archive means
    static ArchivePublication begin(Home home, SnapshotArchive archive, String name)
            throws IOException {
        var publication = new ArchivePublication(home, archive, name);
        boolean begun = false;
        try (var _ = home.lock("import snapshot " + archive.id())) {
            new Naming(home).requireFree(Saving.as(name));
            publication.look();
            begun = true;
            return publication;
        } finally {
            if (!begun) {
                publication.close();
            }
        }
    }

    private void look() throws IOException {
        for (SnapshotArchive.Needed needed : archive.needed()) {
            keep(needed.id());
            var base = here.get(needed.id());
            if (base == null || !base.has(needed.part())) {
                throw new StasisException(
                        ErrorCode.SNAPSHOT_NOT_FOUND,
                        "The archive of snapshot %s needs snapshot %s, which is not here: import that one first, or export without --since"
                                .formatted(archive.id(), needed.id()));
            }
            requireSame(base, needed.files());
        }
        for (SnapshotManifest snapshot : archive.snapshots()) {
            keep(snapshot.id());
            var existing = here.get(snapshot.id());
            if (existing != null) {
                requireSame(existing, snapshot.files());
            }
        }
    }

    private void keep(String id) throws IOException {
        if (!here.containsKey(id)) {
            var existing = catalogue.manifest(id);
            if (existing.isPresent()) {
                here.put(id, existing.get());
                pins.add(Pin.set(home, id));
            }
        }
    }

    /// What both hold in the same file has the same content. What one of them holds folded is known
    /// by the id, which no other snapshot has.
    private void requireSame(SnapshotManifest existing, List<StoredFile> files) {
        for (StoredFile file : files) {
            for (StoredFile other : existing.files()) {
                boolean differs =
                        other.name().equals(file.name())
                                && !Folding.isGenerated(file.name())
                                && (other.size() != file.size() || !sameDigest(other, file));
                if (differs) {
                    throw new StasisException(
                            ErrorCode.ARCHIVE_INVALID,
                            "The archive means another snapshot %s than the one that is here: its file %s differs; nothing was imported"
                                    .formatted(existing.id(), file.name()));
                }
            }
        }
    }

    private static boolean sameDigest(StoredFile one, StoredFile other) {
        return one.digest() == null
                || other.digest() == null
                || one.digest().scheme() != other.digest().scheme()
                || one.digest().equals(other.digest());
    }

    /// Whether a part of a snapshot is here already.
    boolean isHere(String id, Part part) {
        return Optional.ofNullable(here.get(id)).filter(m -> m.has(part)).isPresent();
    }

    /// Publishes.
    ///
    /// @param setup what the snapshot is set up with in this home
    void publish(ArchiveStaging staging, Setup setup) throws IOException {
        for (SnapshotManifest snapshot : archive.snapshots()) {
            if (staging.has(snapshot.id()) && !here.containsKey(snapshot.id())) {
                describe(staging, snapshot, setup);
            }
        }
        staging.sync();
        try (var _ = home.lock("import snapshot " + archive.id())) {
            new Naming(home).requireFree(Saving.as(name));
            for (SnapshotManifest snapshot : archive.snapshots()) {
                if (staging.has(snapshot.id())) {
                    publish(staging, snapshot);
                }
            }
            home.disk().sync(home.snapshotsFolder());
            var record = new NameRecord(archive.id(), catalogue.manifestDigest(archive.id()), null);
            home.disk()
                    .write(home.namesFolder().resolve(name), record.toBytes(), Durability.SYNCED);
        }
    }

    private void describe(ArchiveStaging staging, SnapshotManifest snapshot, Setup setup)
            throws IOException {
        Path folder = staging.folder(snapshot.id());
        boolean isTop = snapshot.id().equals(archive.id());
        var manifest = isTop ? snapshot.withSetup(setup) : snapshot;
        home.disk()
                .write(
                        folder.resolve(SnapshotStore.MANIFEST),
                        manifest.toBytes(),
                        Durability.SYNCED);
        if (isTop && !archive.labels().isEmpty()) {
            home.disk()
                    .write(
                            folder.resolve(Labels.FILE),
                            Labels.toBytes(snapshot.id(), archive.labels()),
                            Durability.SYNCED);
        }
    }

    /// The caller holds the store-wide lock.
    private void publish(ArchiveStaging staging, SnapshotManifest snapshot) throws IOException {
        var now = catalogue.manifest(snapshot.id());
        if (now.isEmpty()) {
            Path folder = home.snapshotFolder(snapshot.id());
            home.disk().rename(staging.folder(snapshot.id()), folder);
            return;
        }
        for (Part part : Part.values()) {
            if (snapshot.has(part) && !now.get().has(part)) {
                giveBack(staging, snapshot, part);
            }
        }
    }

    /// Adds a part that a snapshot has lost here. How it was held before does not count any more.
    private void giveBack(ArchiveStaging staging, SnapshotManifest snapshot, Part part)
            throws IOException {
        Path folder = home.snapshotFolder(snapshot.id());
        for (StoredFile file : snapshot.files(part)) {
            home.disk()
                    .rename(
                            staging.folder(snapshot.id()).resolve(file.name()),
                            folder.resolve(file.name()));
        }
        home.disk().sync(folder);
        var held = new Replacement.Held(snapshot.base(part), snapshot.files(part));
        if (Files.exists(folder.resolve(Replacement.FILE))) {
            home.disk()
                    .write(
                            folder.resolve(Replacement.FILE),
                            Replacement.read(folder, snapshot.id())
                                    .with(part, held)
                                    .toBytes(snapshot.id()),
                            Durability.SYNCED);
        }
        var whole =
                SnapshotManifest.read(folder)
                        .withPart(part, snapshot.base(part), snapshot.files(part));
        home.disk()
                .write(folder.resolve(SnapshotStore.MANIFEST), whole.toBytes(), Durability.SYNCED);
    }

    @Override
    public void close() {
        pins.forEach(Pin::close);
    }
}
