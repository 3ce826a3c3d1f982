package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import dev.stasis.Progress;
import dev.stasis.StasisException;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// The snapshots of a home. Safe for any number of threads and processes.
///
/// A snapshot is published in two steps. {@link Staging#publish} makes it exist, for as long as its
/// source sandbox does, without syncing anything. {@link #saveNamed} makes it durable: when that
/// returns, the snapshot and all that it lies on survive the loss of power, under a name that
/// points to it until {@link #delete}. A crash at any point leaves a snapshot whole or not at all,
/// and a name that points to a whole durable one or does not exist.
///
/// What can be restored and what is kept is computed from names, records and manifests each time,
/// never counted: see {@link #restorable} and {@link #collect}.
public final class SnapshotStore {
    static final String MANIFEST = "manifest.json";
    static final String CLOSED = ".closed";
    private static final System.Logger LOG = System.getLogger(SnapshotStore.class.getName());

    private final Home home;
    private final Catalogue catalogue;

    SnapshotStore(Home home) {
        this.home = home;
        this.catalogue = new Catalogue(home);
    }

    /// Begins a snapshot.
    ///
    /// @param id the id it will have: see {@link Ids#next()}
    public Staging begin(String id) {
        return Staging.begin(home, id);
    }

    /// Whether a snapshot of this id is being made, or what is left of that is still there.
    public boolean isBeingMade(String id) {
        return Files.exists(home.snapshotsFolder().resolve(Staging.PREFIX + id));
    }

    /// The manifest of a snapshot that can be restored.
    ///
    /// @param nameOrId its name, or its id; a name goes first
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND} when there is none, or it
    ///   can't be restored any more; with {@link ErrorCode#STORE_DAMAGED}
    public SnapshotManifest resolve(String nameOrId) {
        try {
            if (Names.isName(nameOrId)) {
                String id = catalogue.named(nameOrId).map(NameRecord::id).orElse(nameOrId);
                if (Ids.isId(id) && restorable(id)) {
                    var manifest = catalogue.manifest(id).orElseThrow(() -> notFound(nameOrId));
                    catalogue.requireNamedManifests(List.of(manifest));
                    return manifest;
                }
            }
            throw notFound(nameOrId);
        } catch (IOException e) {
            throw Failures.of("Reading snapshot " + Names.shown(nameOrId), e);
        }
    }

    /// The manifest of a snapshot, whether or not it can be restored.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when it can't be read
    public Optional<SnapshotManifest> find(String id) {
        try {
            return Ids.isId(id) ? catalogue.manifest(id) : Optional.empty();
        } catch (IOException e) {
            throw Failures.of("Reading snapshot " + id, e);
        }
    }

    /// Whether a snapshot can be restored: it has a name, or its source sandbox exists and it was
    /// not closed and the computer was not restarted since.
    public boolean restorable(String id) {
        try {
            var manifest =
                    Ids.isId(id) ? catalogue.manifest(id) : Optional.<SnapshotManifest>empty();
            return manifest.isPresent()
                    && (catalogue.livesUnnamed(manifest.get()) || catalogue.isNamed(id));
        } catch (IOException e) {
            throw Failures.of("Reading snapshot " + id, e);
        }
    }

    /// All snapshots that can be restored, the oldest first. One whose manifest can't be read is
    /// left out, and said in the log; names that can't be read too.
    public List<Entry> list() {
        var entries = new ArrayList<Entry>();
        try {
            var list = new NameList(home);
            list.unreadable().values().forEach(why -> LOG.log(System.Logger.Level.WARNING, why));
            var names = list.records();
            for (String id : catalogue.snapshotIds()) {
                entry(id, names).ifPresent(entries::add);
            }
        } catch (IOException e) {
            throw Failures.of("Listing the snapshots of " + home.root(), e);
        }
        entries.sort(Comparator.comparing(entry -> entry.manifest().created()));
        return entries;
    }

    private Optional<Entry> entry(String id, Map<String, NameRecord> allNames) throws IOException {
        var names =
                allNames.entrySet().stream()
                        .filter(name -> name.getValue().id().equals(id))
                        .map(Map.Entry::getKey)
                        .toList();
        try {
            var manifest = catalogue.manifest(id);
            if (manifest.isEmpty()
                    || (names.isEmpty() && !catalogue.livesUnnamed(manifest.get()))) {
                return Optional.empty();
            }
            var expiries = new HashMap<String, Instant>();
            for (String name : names) {
                var expires = Objects.requireNonNull(allNames.get(name)).expires();
                if (expires != null) {
                    expiries.put(name, expires);
                }
            }
            return Optional.of(
                    new Entry(manifest.get(), names, bytesOnDisk(id), labels(id), expiries));
        } catch (StasisException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
            return Optional.empty();
        }
    }

    /// What the files of a snapshot take on disk, in bytes; holes take nothing.
    public long bytesOnDisk(String id) {
        long bytes = 0;
        try {
            for (Path file : Leftovers.entries(home.snapshotFolder(id))) {
                bytes += SparseFiles.dataBytes(file);
            }
            return bytes;
        } catch (NoSuchFileException e) {
            return bytes;
        } catch (IOException e) {
            throw Failures.of("Measuring snapshot " + id, e);
        }
    }

    /// Makes sure that a snapshot can be restored from its files: the manifests of it and of all
    /// that it lies on are valid, each file is there, is a plain file and has its size, and the
    /// small ones have their digests.
    ///
    /// @return what it lies on
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}, or with {@link
    ///   ErrorCode#STORE_DAMAGED} naming the file and what is wrong with it
    public Chains verify(String id) {
        try {
            return check(id, Verification.beforeRestore(home));
        } catch (IOException e) {
            throw Failures.of("Verifying snapshot " + id, e);
        }
    }

    /// The snapshots whose disk layers one needs, itself first, whether or not there is anything
    /// but its disk left of it. Whoever uses them has a sandbox that lies on it.
    ///
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}, or with {@link
    ///   ErrorCode#STORE_DAMAGED} naming what is wrong
    public List<SnapshotManifest> disks(String id) {
        try {
            var top = catalogue.manifest(id).orElseThrow(() -> notFound(id));
            var disk = catalogue.chain(top, Part.DISK);
            for (SnapshotManifest manifest : disk) {
                Verification.beforeRestore(home).check(manifest, Part.DISK);
            }
            return disk;
        } catch (IOException e) {
            throw Failures.of("Verifying the disk of snapshot " + id, e);
        }
    }

    Chains check(String id, Verification verification) throws IOException {
        var top = catalogue.manifest(id).orElseThrow(() -> notFound(id));
        var memory = catalogue.chain(top, Part.MEMORY);
        var disk = catalogue.chain(top, Part.DISK);
        var all = new LinkedHashMap<String, SnapshotManifest>();
        memory.forEach(manifest -> all.put(manifest.id(), manifest));
        disk.forEach(manifest -> all.put(manifest.id(), manifest));
        catalogue.requireNamedManifests(all.values());
        for (SnapshotManifest manifest : memory) {
            verification.check(manifest, Part.MEMORY);
        }
        for (SnapshotManifest manifest : disk) {
            verification.check(manifest, Part.DISK);
        }
        return new Chains(top, memory, disk);
    }

    /// Reads all files of a snapshot and of what it lies on.
    ///
    /// @param progress is told how far it is, on any thread
    /// @throws StasisException as {@link #verify(String)}
    public void read(String id, Consumer<Progress> progress) {
        try {
            new Reading(home, progress).one(id);
        } catch (IOException e) {
            throw Failures.of("Reading snapshot " + id, e);
        }
    }

    /// Reads all files of all snapshots that have a name.
    ///
    /// @param progress is told how far it is, on any thread
    /// @return what is damaged, for each name
    public List<Finding> readAll(Consumer<Progress> progress) {
        try {
            return new Reading(home, progress).all();
        } catch (IOException e) {
            throw Failures.of("Reading the snapshots of " + home.root(), e);
        }
    }

    /// Takes names from snapshots that are not to be kept, and deletes what nobody needs then.
    ///
    /// @return the snapshots, each with the names that went, or would
    public List<Pruned> prune(Retention retention) {
        try {
            var pruned = new Pruning(home, retention).run();
            if (retention.act() == Retention.Act.REMOVE && !pruned.isEmpty()) {
                collect();
            }
            return pruned;
        } catch (IOException e) {
            throw Failures.of("Pruning the snapshots of " + home.root(), e);
        }
    }

    /// Makes a snapshot durable under a name. Files of it and of what it lies on that were not
    /// synced yet are synced, digested and listed as such in their manifests; then the name is
    /// written. Takes as long as that takes, needs no pause of any machine, and holds the
    /// store-wide lock only at the beginning and the end. When it fails there is no name, and the
    /// snapshot is as it was.
    ///
    /// @throws StasisException with {@link ErrorCode#NAME_TAKEN}, {@link
    ///   ErrorCode#SNAPSHOT_NOT_FOUND} when it can't be restored any more, or {@link
    ///   ErrorCode#DISK_FULL}
    public void saveNamed(String id, String name) {
        saveNamed(id, Saving.as(name));
    }

    /// Makes a snapshot durable under a name, with labels, or in place of the one that has the
    /// name: see {@link #saveNamed(String, String)}.
    public void saveNamed(String id, Saving saving) {
        try {
            new Naming(home).save(id, saving);
        } catch (IOException e) {
            throw Failures.of("Saving snapshot %s as %s".formatted(id, saving.name()), e);
        }
    }

    /// The labels of a snapshot, by key. Labels that can't be read are said in the log.
    public Map<String, String> labels(String id) {
        try {
            return Labels.read(home.snapshotFolder(id));
        } catch (StasisException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
            return Map.of();
        } catch (IOException e) {
            throw Failures.of("Reading the labels of snapshot " + id, e);
        }
    }

    /// Changes the labels of a snapshot. When that returns the change survives the loss of power.
    ///
    /// @param change is given the labels, which it may change, and gives the new ones
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND} or {@link
    ///   ErrorCode#INVALID_ARGUMENT}
    public void relabel(String id, UnaryOperator<Map<String, String>> change) {
        try {
            new Naming(home).relabel(id, change);
        } catch (IOException e) {
            throw Failures.of("Labelling snapshot " + id, e);
        }
    }

    /// Keeps the files of a snapshot as they are, until the pin is closed. Whoever reads files of
    /// snapshots holds one, or makes a sandbox of the snapshot, which does the same until it runs.
    ///
    /// @return empty when there is no such snapshot, or it has no memory any more
    public Optional<Pin> pin(String id) {
        try (var _ = home.lock("keep snapshot " + id)) {
            boolean there =
                    Ids.isId(id)
                            && catalogue.manifest(id).filter(m -> m.has(Part.MEMORY)).isPresent();
            return there ? Optional.of(Pin.set(home, id)) : Optional.empty();
        } catch (IOException e) {
            throw Failures.of("Keeping snapshot " + id, e);
        }
    }

    /// What could be held in fewer files: see {@link FoldPlan}.
    public List<Fold> folds() {
        try (var _ = home.lock("look for what can be folded")) {
            return new FoldPlan(Liveness.of(home)).dead();
        } catch (IOException e) {
            throw Failures.of("Looking for what can be folded in " + home.root(), e);
        }
    }

    /// Folds the topmost layers of a part into one, if there are that many above the next one that
    /// was folded.
    ///
    /// @param depth how many
    public Optional<Fold> fold(String id, Part part, int depth) {
        try {
            var top = catalogue.manifest(id).orElseThrow(() -> notFound(id));
            return top.has(part)
                    ? FoldPlan.deep(catalogue.chain(top, part), part, depth)
                    : Optional.empty();
        } catch (IOException e) {
            throw Failures.of("Looking for what can be folded beneath " + id, e);
        }
    }

    /// Begins to hold a part of a snapshot otherwise.
    ///
    /// @return empty when what the fold says is not so any more
    public Optional<Folding> begin(Fold fold) {
        return Folding.begin(home, fold);
    }

    /// Makes sure that a snapshot could be saved under a name now.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME} or {@link ErrorCode#NAME_TAKEN}
    public void requireFree(String name) {
        new Naming(home).requireFree(Saving.as(Names.check("snapshot", name)));
    }

    /// Removes a name. With its last name a snapshot ends, though its source may live; what nobody
    /// needs any more then goes as well.
    ///
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND} when there is no such name
    public void delete(String name) {
        try {
            new Naming(home).delete(name);
        } catch (IOException e) {
            throw Failures.of("Deleting the snapshot name " + Names.shown(name), e);
        }
    }

    /// Ends an unnamed snapshot: nothing new can be restored from it, what was goes on. It does
    /// nothing to names, and nothing when the snapshot is gone.
    public void close(String id) {
        try (var _ = home.lock("close snapshot " + id)) {
            markClosed(id);
        } catch (IOException e) {
            throw Failures.of("Closing snapshot " + id, e);
        }
        collect();
    }

    void markClosed(String id) throws IOException {
        if (Files.isDirectory(home.snapshotFolder(id))) {
            home.disk()
                    .write(
                            home.snapshotFolder(id).resolve(CLOSED),
                            new byte[0],
                            Durability.UNSYNCED);
        }
    }

    /// Deletes what nobody needs any more: see [Sweep].
    public void collect() {
        new Sweep(home).run();
    }

    static StasisException notFound(String nameOrId) {
        return new StasisException(
                ErrorCode.SNAPSHOT_NOT_FOUND,
                "There is no snapshot '%s' that can be restored: it never was, or was deleted, or had no name and went with its source sandbox"
                        .formatted(Names.shown(nameOrId)));
    }

    /// A snapshot that can be restored.
    ///
    /// @param manifest what it is
    /// @param names its names, sorted; none = it ends with its source
    /// @param bytesOnDisk what its own files take
    /// @param labels its labels, by key
    /// @param expiries when names may be pruned, for those of which that was said
    public record Entry(
            SnapshotManifest manifest,
            List<String> names,
            long bytesOnDisk,
            Map<String, String> labels,
            Map<String, Instant> expiries) {
        /// Copies.
        public Entry {
            names = List.copyOf(names);
            labels = Map.copyOf(labels);
            expiries = Map.copyOf(expiries);
        }
    }

    /// A name that was taken from a snapshot, or would be.
    ///
    /// @param entry the snapshot as it was
    /// @param name the name
    public record Pruned(Entry entry, String name) {}

    /// A snapshot and what it lies on.
    ///
    /// @param snapshot the snapshot
    /// @param memory the snapshots whose memory it needs, itself first
    /// @param disk the snapshots whose disk layers it needs, itself first
    public record Chains(
            SnapshotManifest snapshot, List<SnapshotManifest> memory, List<SnapshotManifest> disk) {
        /// Copies.
        public Chains {
            memory = List.copyOf(memory);
            disk = List.copyOf(disk);
        }
    }
}
