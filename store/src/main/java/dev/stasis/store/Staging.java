package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// A snapshot that is being made: a folder beside the published ones, at the same depth, so that
/// relative names in its files stay right. Closing it without {@link #publish} removes it; so does
/// the next open of the home when this process dies. For one thread at a time.
public final class Staging implements AutoCloseable {
    static final String PREFIX = ".staging-";

    /// The largest file that is digested as soon as it is there.
    static final int SMALL_FILE_BYTES = 1 << 20;

    private final Home home;
    private final String id;
    private final Path folder;
    private final StoreLock lock;
    private final Map<String, Part> files = new LinkedHashMap<>();
    private boolean open = true;

    private Staging(Home home, String id, Path folder, StoreLock lock) {
        this.home = home;
        this.id = id;
        this.folder = folder;
        this.lock = lock;
    }

    static Staging begin(Home home, String id) {
        if (!Ids.isId(id)) {
            throw new IllegalArgumentException(id + " is no id");
        }
        Path folder = home.snapshotsFolder().resolve(PREFIX + id);
        String purpose = "make snapshot " + id;
        try {
            return new Staging(home, id, folder, make(home, folder, purpose));
        } catch (IOException e) {
            throw Failures.of("Beginning snapshot " + id, e);
        }
    }

    /// Makes a folder that is removed at the next open of the home when this process dies.
    ///
    /// @return what says that somebody works on it, held
    static StoreLock make(Home home, Path folder, String purpose) throws IOException {
        try (var _ = home.lock(purpose)) {
            home.disk().createFolder(folder);
            return StoreLock.acquire(
                    folder.resolve(SandboxStore.LOCK),
                    folder.toString(),
                    purpose,
                    SandboxStore.OWN_DEADLINE);
        }
    }

    /// Where its files lie until it is published. Only files that were announced may be left in it
    /// by then.
    public Path folder() {
        return folder;
    }

    /// The id that the snapshot will have.
    public String id() {
        return id;
    }

    /// Announces a file that the caller writes before {@link #publish}.
    ///
    /// @return where to write it
    public Path file(String name, Part part) {
        if (!StoredFile.isFileName(name) || name.equals(SandboxStore.LOCK)) {
            throw new IllegalArgumentException(name + " can't be a file of a snapshot");
        }
        files.put(name, part);
        return folder.resolve(name);
    }

    /// Makes an existing file of the home a file of the snapshot as well. It must not be written
    /// any more; its other name can be deleted once the snapshot is published.
    public void adopt(Path existing, String name, Part part) {
        try {
            home.disk().link(existing, file(name, part));
        } catch (IOException e) {
            throw Failures.of("Adding %s to snapshot %s".formatted(existing, id), e);
        }
    }

    /// Publishes the snapshot: from then on it exists, for every process. It is not synced: a crash
    /// of this process leaves all of it or nothing, and after a restart of the computer it is not
    /// trusted. {@link SnapshotStore#saveNamed} makes it durable.
    ///
    /// @param draft what the snapshot is; sizes and digests of its files are added here
    /// @return the manifest as published
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when a snapshot it lies on is
    ///   gone
    public SnapshotManifest publish(SnapshotManifest draft) {
        if (!open || !draft.id().equals(id)) {
            throw new IllegalStateException(
                    "%s can't be published as %s".formatted(id, draft.id()));
        }
        try {
            var manifest = describe(draft).writtenIn(home.host().bootId());
            home.disk()
                    .write(
                            folder.resolve(SnapshotStore.MANIFEST),
                            manifest.toBytes(),
                            Durability.UNSYNCED);
            try (var _ = home.lock("publish snapshot " + id)) {
                requireBases(manifest);
                home.disk().delete(folder.resolve(SandboxStore.LOCK));
                home.disk().rename(folder, home.snapshotFolder(id));
            }
            open = false;
            lock.close();
            return manifest;
        } catch (IOException e) {
            throw Failures.of("Publishing snapshot " + id, e);
        }
    }

    private SnapshotManifest describe(SnapshotManifest draft) throws IOException {
        var described = new ArrayList<StoredFile>();
        for (var entry : files.entrySet()) {
            Path file = folder.resolve(entry.getKey());
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new NoSuchFileException(file.toString());
            }
            home.disk().restrict(file);
            long size = Files.size(file);
            Digest digest = size <= SMALL_FILE_BYTES ? Digests.of(file) : null;
            described.add(new StoredFile(entry.getKey(), entry.getValue(), size, false, digest));
        }
        return draft.withFiles(described);
    }

    private void requireBases(SnapshotManifest manifest) throws IOException {
        var catalogue = new Catalogue(home);
        for (Part part : Part.values()) {
            String base = manifest.base(part);
            if (base != null && catalogue.manifest(base).filter(m -> m.has(part)).isEmpty()) {
                throw Failures.damaged(
                        "Snapshot %s can't be published: snapshot %s, whose %s it needs, is gone"
                                .formatted(id, base, part.name().toLowerCase(Locale.ROOT)));
            }
        }
    }

    /// Removes what was staged, unless it was published.
    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try {
            home.disk().deleteTree(folder);
        } catch (IOException e) {
            throw Failures.of("Removing the unfinished snapshot " + folder, e);
        } finally {
            lock.close();
        }
    }
}
