package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The sandboxes of a home: a folder each, named as the sandbox, with its record, its lock, its
/// disk layers and its logs. Safe for any number of threads and processes.
///
/// Whoever changes a sandbox holds its lock. A process that dies leaves its sandboxes as the last
/// record says; one that was still `CREATING` is a leftover.
public final class SandboxStore {
    static final String RECORD = "sandbox.json";
    static final String LOCK = "lock";
    static final String NEW_PREFIX = ".new-";

    /// How long others may take to look whether a new lock is held.
    static final Duration OWN_DEADLINE = Duration.ofSeconds(5);

    private static final System.Logger LOG = System.getLogger(SandboxStore.class.getName());

    private final Home home;
    private final Catalogue catalogue;

    SandboxStore(Home home) {
        this.home = home;
        this.catalogue = new Catalogue(home);
    }

    /// Makes the folder of a new sandbox. Its record protects what it is based on from then on.
    ///
    /// @param record what is known so far; `CREATING`
    /// @return the sandbox's lock, held, which keeps it from counting as a leftover
    /// @throws StasisException with {@link ErrorCode#NAME_TAKEN} when there is one of that name, or
    ///   {@link ErrorCode#SNAPSHOT_NOT_FOUND} when the base is gone or can't be restored any more
    public StoreLock create(SandboxRecord record) {
        if (record.state() != SandboxRecord.State.CREATING) {
            throw new IllegalArgumentException("A new sandbox is not " + record.state());
        }
        String purpose = "create sandbox " + record.name();
        Path aside = home.sandboxesFolder().resolve(NEW_PREFIX + record.id());
        try (var _ = home.lock(purpose)) {
            requireFree(record.name());
            requireBase(record);
            return publishNew(record, aside, purpose);
        } catch (IOException e) {
            throw Failures.of("Creating sandbox " + record.name(), e);
        }
    }

    /// Makes the folder of a clone out of a pool that of a new sandbox: see {@link #create}.
    ///
    /// @param record of the clone's id; its snapshot is pinned by the caller
    /// @throws StasisException as {@link #create}; the clone is as it was then
    public StoreLock adopt(SandboxRecord record) {
        String purpose = "create sandbox " + record.name();
        try (var _ = home.lock(purpose)) {
            requireFree(record.name());
            return publish(record, home.pools().folder(record.id()), purpose);
        } catch (IOException e) {
            throw Failures.of("Creating sandbox " + record.name(), e);
        }
    }

    private StoreLock publishNew(SandboxRecord record, Path aside, String purpose)
            throws IOException {
        home.disk().createFolder(aside);
        boolean published = false;
        try {
            home.disk().createFolder(aside.resolve("logs"));
            var lock = publish(record, aside, purpose);
            published = true;
            return lock;
        } finally {
            if (!published) {
                home.disk().deleteTree(aside);
            }
        }
    }

    private StoreLock publish(SandboxRecord record, Path aside, String purpose) throws IOException {
        Path folder = home.sandboxFolder(record.name());
        var lock = StoreLock.acquire(aside.resolve(LOCK), aside.toString(), purpose, OWN_DEADLINE);
        boolean published = false;
        try {
            home.disk().writeNew(aside.resolve(RECORD), record.toBytes(), Durability.UNSYNCED);
            home.disk().rename(aside, folder);
            published = true;
            return lock;
        } finally {
            if (!published) {
                lock.close();
            }
        }
    }

    private void requireFree(String name) {
        if (Files.exists(home.sandboxFolder(name))) {
            throw new StasisException(
                    ErrorCode.NAME_TAKEN,
                    "There is a sandbox named '%s' already: choose another name, or remove that one"
                            .formatted(name));
        }
    }

    private void requireBase(SandboxRecord record) throws IOException {
        String base = record.base();
        String template = record.layers().memoryBase();
        if (base == null && template != null) {
            requireTemplate(template);
        }
        if (base != null && !new SnapshotStore(home).restorable(base)) {
            throw new StasisException(
                    ErrorCode.SNAPSHOT_NOT_FOUND,
                    "Snapshot %s can't be restored any more: it is gone, or it had no name and its source sandbox was removed"
                            .formatted(base));
        }
    }

    /// A template that is whole at this moment, under the store-wide lock, is kept by the record
    /// that lies on it from then on.
    private void requireTemplate(String id) throws IOException {
        if (catalogue.manifest(id).filter(m -> m.has(Part.MEMORY) && m.has(Part.DISK)).isEmpty()) {
            throw new StasisException(
                    ErrorCode.SNAPSHOT_NOT_FOUND, "The template " + id + " is gone: try again");
        }
    }

    /// Takes the lock of a sandbox, waiting for it.
    ///
    /// @param name the sandbox
    /// @param purpose what it is taken for, for the messages of others: `snapshot`
    /// @param atMost how long to wait
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND}, or {@link ErrorCode#BUSY}
    ///   naming who holds it
    public StoreLock lock(String name, String purpose, Duration atMost) {
        try {
            return StoreLock.acquire(
                    home.sandboxFolder(name).resolve(LOCK), "Sandbox " + name, purpose, atMost);
        } catch (NoSuchFileException e) {
            throw notFound(name);
        } catch (IOException e) {
            throw Failures.of("Locking sandbox " + name, e);
        }
    }

    /// The record of a sandbox, if there is one of that name.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when its record can't be read
    public Optional<SandboxRecord> find(String name) {
        try {
            return catalogue.sandbox(name);
        } catch (IOException e) {
            throw Failures.of("Reading the record of sandbox " + name, e);
        }
    }

    /// The record of a sandbox.
    ///
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND}, or {@link
    ///   ErrorCode#STORE_DAMAGED} when its record can't be read
    public SandboxRecord get(String name) {
        return find(name).orElseThrow(() -> notFound(name));
    }

    /// The records of all sandboxes, sorted by name. One that can't be read is left out, and said
    /// in the log.
    public List<SandboxRecord> list() {
        var records = new ArrayList<SandboxRecord>();
        try {
            for (String name : catalogue.sandboxNames()) {
                try {
                    catalogue.sandbox(name).ifPresent(records::add);
                } catch (StasisException e) {
                    LOG.log(System.Logger.Level.WARNING, e.getMessage());
                }
            }
        } catch (IOException e) {
            throw Failures.of("Listing the sandboxes of " + home.root(), e);
        }
        return records;
    }

    /// Replaces the record of a sandbox. The caller holds its lock.
    ///
    /// @param record the new record, of the same id and name
    /// @param durability whether it must survive the loss of power
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND} when the sandbox is gone,
    ///   or another one has its name now
    public void update(SandboxRecord record, Durability durability) {
        var now = find(record.name());
        if (now.isEmpty() || !now.get().id().equals(record.id())) {
            throw notFound(record.name());
        }
        Path file = home.sandboxFolder(record.name()).resolve(RECORD);
        try {
            home.disk().write(file, record.toBytes(), durability);
            if (durability == Durability.SYNCED) {
                home.disk().sync(home.sandboxesFolder());
            }
        } catch (IOException e) {
            throw Failures.of("Writing the record of sandbox " + record.name(), e);
        }
    }

    /// Removes a sandbox with everything in its folder; does nothing when it is gone. The caller
    /// holds its lock and knows that no machine uses its files. What it kept of snapshots goes with
    /// the next {@link SnapshotStore#collect()}.
    public void remove(String name) {
        try {
            home.disk().deleteTree(home.discard(home.sandboxFolder(name)));
        } catch (NoSuchFileException e) {
            // Gone already.
        } catch (IOException e) {
            throw Failures.of("Removing sandbox " + name, e);
        }
    }

    /// The sandboxes that were being made by processes that are gone, each with its lock held. The
    /// caller makes sure that no machine of theirs lives, removes and closes them.
    public List<Leftover> leftovers() {
        var leftovers = new ArrayList<Leftover>();
        try {
            for (String name : catalogue.sandboxNames()) {
                if (isHalfMade(name)) {
                    tryLock(name)
                            .map(lock -> new Leftover(this, name, lock))
                            .ifPresent(leftovers::add);
                }
            }
            return stillHalfMade(leftovers);
        } catch (IOException e) {
            leftovers.forEach(Leftover::close);
            throw Failures.of("Looking for half-made sandboxes in " + home.root(), e);
        }
    }

    private Optional<StoreLock> tryLock(String name) throws IOException {
        try {
            return StoreLock.tryAcquire(home.sandboxFolder(name).resolve(LOCK), "clean up");
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private List<Leftover> stillHalfMade(List<Leftover> candidates) {
        var confirmed = new ArrayList<Leftover>();
        for (Leftover leftover : candidates) {
            if (isHalfMade(leftover.name())) {
                confirmed.add(leftover);
            } else {
                leftover.close();
            }
        }
        return confirmed;
    }

    private boolean isHalfMade(String name) {
        try {
            return find(name).filter(r -> r.state() == SandboxRecord.State.CREATING).isPresent();
        } catch (StasisException e) {
            return false; // Damaged: that is for people to decide.
        }
    }

    private static StasisException notFound(String name) {
        return new StasisException(
                ErrorCode.SANDBOX_NOT_FOUND,
                "There is no sandbox named '%s': 'stasis ls' shows those that there are"
                        .formatted(Names.shown(name)));
    }

    /// A sandbox that was being made by a process that is gone. Its lock is held until it is
    /// closed.
    public static final class Leftover implements AutoCloseable {
        private final SandboxStore store;
        private final String name;
        private final StoreLock lock;

        private Leftover(SandboxStore store, String name, StoreLock lock) {
            this.store = store;
            this.name = name;
            this.lock = lock;
        }

        /// Its name.
        public String name() {
            return name;
        }

        /// What was known of it.
        public SandboxRecord record() {
            return store.get(name);
        }

        /// Removes it: see {@link SandboxStore#remove}.
        public void remove() {
            store.remove(name);
        }

        @Override
        public void close() {
            lock.close();
        }
    }
}
