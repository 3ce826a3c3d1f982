package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// The templates of a home: hidden snapshots of images just booted, each found by a key that says
/// all that it depends on. `templates/<key>` holds the id of the snapshot and is as old as its last
/// use. A template is kept like a named snapshot, but is no error when it is missing or damaged: it
/// can be made again. Safe for any number of threads and processes.
public final class TemplateStore {
    private static final String LOCK_PREFIX = ".lock-";

    private final Home home;
    private final Catalogue catalogue;

    TemplateStore(Home home) {
        this.home = home;
        this.catalogue = new Catalogue(home);
    }

    /// A template.
    ///
    /// @param key what it depends on, as a digest in hexadecimal
    /// @param manifest what it is
    /// @param lastUsed when it was made or last used
    /// @param bytesOnDisk what its files take
    public record Entry(
            String key, SnapshotManifest manifest, Instant lastUsed, long bytesOnDisk) {}

    /// The template of a key, if there is one and it can be trusted; it counts as used now.
    public Optional<SnapshotManifest> use(String key) {
        try {
            var found = whole(key);
            if (found.isPresent()) {
                Files.setLastModifiedTime(file(key), FileTime.from(Instant.now()));
            }
            return found;
        } catch (NoSuchFileException e) {
            return Optional.empty(); // removed just now
        } catch (IOException e) {
            throw Failures.of("Reading template " + key, e);
        }
    }

    private Optional<SnapshotManifest> whole(String key) throws IOException {
        var id = catalogue.template(key);
        try {
            return id.isEmpty()
                    ? Optional.empty()
                    : catalogue.manifest(id.get()).filter(this::isTrusted);
        } catch (StasisException e) {
            return Optional.empty(); // damaged
        }
    }

    /// What was not synced is not trusted once the computer was restarted.
    private boolean isTrusted(SnapshotManifest manifest) {
        return manifest.has(Part.MEMORY)
                && manifest.has(Part.DISK)
                && (manifest.boot().equals(home.host().bootId())
                        || manifest.files().stream().allMatch(StoredFile::durable));
    }

    /// Takes the lock under which the template of a key is made, if that is possible at once.
    public Optional<Making> tryLock(String key) {
        try {
            return StoreLock.tryAcquire(lockFile(key), "make template")
                    .map(lock -> new Making(key, lock));
        } catch (IOException e) {
            throw Failures.of("Locking template " + key, e);
        }
    }

    /// Takes the lock under which the template of a key is made, waiting for it.
    ///
    /// @throws StasisException with {@link ErrorCode#BUSY} naming who holds it
    public Making lock(String key, Duration atMost) {
        try {
            var lock =
                    StoreLock.acquire(
                            lockFile(key), "A template of an image", "make template", atMost);
            return new Making(key, lock);
        } catch (IOException e) {
            throw Failures.of("Locking template " + key, e);
        }
    }

    /// The making of one template, by one process at a time.
    public final class Making implements AutoCloseable {
        private final String key;
        private final StoreLock lock;

        private Making(String key, StoreLock lock) {
            this.key = key;
            this.lock = lock;
        }

        /// Says which snapshot the template will be. It is kept from the moment that it is
        /// published; before that, nothing hangs on it.
        public void announce(String snapshot) {
            try (var _ = home.lock("announce template " + snapshot)) {
                home.disk()
                        .write(
                                file(key),
                                (snapshot + "\n").getBytes(StandardCharsets.UTF_8),
                                Durability.UNSYNCED);
            } catch (IOException e) {
                throw Failures.of("Announcing template " + snapshot, e);
            }
        }

        @Override
        public void close() {
            try {
                home.disk().delete(lockFile(key));
            } catch (IOException e) {
                // Once its lock is free it counts for nothing, and the next open removes it.
            } finally {
                lock.close();
            }
        }
    }

    /// Makes a published template outlast a restart of the computer.
    public void harden(String key) {
        try {
            var manifest = whole(key);
            if (manifest.isEmpty()) {
                return;
            }
            String id = manifest.get().id();
            var hardening = new Hardening(home);
            hardening.harden(new SnapshotStore(home).verify(id));
            try (var _ = home.lock("harden template " + id)) {
                hardening.writeManifests();
                home.disk().sync(file(key));
                home.disk().sync(home.templatesFolder());
            }
        } catch (IOException e) {
            throw Failures.of("Making template " + key + " durable", e);
        }
    }

    /// All templates, the last used first.
    public List<Entry> list() {
        var entries = new ArrayList<Entry>();
        try {
            for (String key : catalogue.templateKeys()) {
                var manifest = whole(key);
                if (manifest.isPresent()) {
                    entries.add(
                            new Entry(
                                    key,
                                    manifest.get(),
                                    Files.getLastModifiedTime(file(key)).toInstant(),
                                    new SnapshotStore(home).bytesOnDisk(manifest.get().id())));
                }
            }
        } catch (NoSuchFileException e) {
            return list(); // one was removed just now
        } catch (IOException e) {
            throw Failures.of("Listing the templates of " + home.root(), e);
        }
        entries.sort((a, b) -> b.lastUsed().compareTo(a.lastUsed()));
        return entries;
    }

    /// Removes a template; sandboxes made from it live on. Does nothing when it is gone.
    public void remove(String key) {
        try (var _ = home.lock("remove template " + key)) {
            home.disk().delete(file(key));
        } catch (IOException e) {
            throw Failures.of("Removing template " + key, e);
        }
        new SnapshotStore(home).collect();
    }

    /// Removes the templates that nobody wants, and what is left of those that can't be used any
    /// more. Templates that are being made are left.
    ///
    /// @param unwanted says which are not wanted
    public void prune(Predicate<Entry> unwanted) {
        var wanted = list().stream().filter(unwanted.negate()).map(Entry::key).toList();
        try {
            for (String key : catalogue.templateKeys()) {
                if (!wanted.contains(key)) {
                    pruneUnlessMade(key);
                }
            }
        } catch (IOException e) {
            throw Failures.of("Removing unused templates of " + home.root(), e);
        }
    }

    private void pruneUnlessMade(String key) {
        try (var making = tryLock(key).orElse(null)) {
            if (making != null) {
                remove(key);
            }
        }
    }

    private Path file(String key) {
        return home.templatesFolder().resolve(key);
    }

    private Path lockFile(String key) {
        return home.templatesFolder().resolve(LOCK_PREFIX + key);
    }
}
