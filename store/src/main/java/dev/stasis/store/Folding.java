package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A part of a snapshot that is about to be held in new files, made aside: see [Replacement].
///
/// Nothing is changed before {@link #publish}, and nothing of anybody else ever: the new files get
/// names of their own, `<block>.<number>.<kind>`, and are synced and digested before the snapshot
/// is said to be held in them by the replacement of one file. The old files go after that; machines
/// that have them open keep them. A crash leaves the snapshot held in one of both ways, and the
/// files of the other to the next sweep. For one thread at a time.
public final class Folding implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Folding.class.getName());
    private static final Pattern GENERATED =
            Pattern.compile("[a-z0-9-]+\\.([0-9]{1,9})\\.(img|delta|qcow2)");

    private final Home home;
    private final Fold fold;
    private final Path aside;
    private final StoreLock lock;
    private final Pin pin;
    private final Set<New> files = new LinkedHashSet<>();

    /// A new file.
    private record New(String block, String kind) {
        String name(int generation) {
            return block + "." + generation + "." + kind;
        }

        String aside() {
            return block + "." + kind;
        }

        boolean replaces(StoredFile file) {
            return file.name().startsWith(block + ".");
        }
    }

    private Folding(Home home, Fold fold, Path aside, StoreLock lock, Pin pin) {
        this.home = home;
        this.fold = fold;
        this.aside = aside;
        this.lock = lock;
        this.pin = pin;
    }

    static Optional<Folding> begin(Home home, Fold fold) {
        String id = fold.top().id();
        Path aside = home.snapshotsFolder().resolve(Staging.PREFIX + Ids.next());
        String purpose = "fold snapshot " + id;
        try (var _ = home.lock(purpose)) {
            if (!isStillSo(new Catalogue(home), fold)) {
                return Optional.empty();
            }
            home.disk().createFolder(aside);
            var pin = Pin.set(home, id);
            var lock =
                    StoreLock.acquire(
                            aside.resolve(SandboxStore.LOCK),
                            aside.toString(),
                            purpose,
                            SandboxStore.OWN_DEADLINE);
            return Optional.of(new Folding(home, fold, aside, lock, pin));
        } catch (IOException e) {
            throw Failures.of("Folding snapshot " + id, e);
        }
    }

    /// Announces a file that the caller writes before {@link #publish}. It replaces the snapshot's
    /// file of that block, if it has one; what is not announced stays as it is.
    ///
    /// @param block what it holds: `ram`, `disk`
    /// @param kind how: `img`, `delta`, `qcow2`
    /// @return where to write it, in a folder as deep in the home as the snapshot's
    public Path file(String block, String kind) {
        var file = new New(block, kind);
        if (!isGenerated(file.name(1)) || !files.add(file)) {
            throw new IllegalArgumentException(file.aside() + " can't be a layer of a snapshot");
        }
        return aside.resolve(file.aside());
    }

    /// Makes the snapshot be held in the new files. When that returns it is so after a loss of
    /// power too, unless it was not durable before.
    ///
    /// @return false when somebody began to read the old files meanwhile, or they are not what the
    ///   fold says any more; then nothing has changed
    public boolean publish() {
        String id = fold.top().id();
        var discarded = new ArrayList<Path>();
        try {
            var held = new ArrayList<StoredFile>();
            for (New file : files) {
                held.add(finished(file));
            }
            try (var _ = home.lock("fold snapshot " + id)) {
                pin.close();
                var catalogue = new Catalogue(home);
                if (!isStillSo(catalogue, fold) || isRead(catalogue)) {
                    return false;
                }
                discarded.addAll(publish(held, catalogue));
            }
            for (Path old : discarded) {
                home.disk().deleteTree(old);
            }
            return true;
        } catch (IOException e) {
            throw Failures.of("Folding snapshot " + id, e);
        }
    }

    private StoredFile finished(New file) throws IOException {
        Path path = aside.resolve(file.aside());
        home.disk().restrict(path);
        home.disk().sync(path);
        return new StoredFile(file.aside(), fold.part(), Files.size(path), true, Digests.of(path));
    }

    /// Files that are kept are listed as they are by now: the snapshot may have become durable
    /// since the fold was found. The caller holds the store-wide lock.
    private List<Path> publish(List<StoredFile> made, Catalogue catalogue) throws IOException {
        Path folder = home.snapshotFolder(fold.top().id());
        int generation = nextGeneration(folder);
        var held = new ArrayList<StoredFile>();
        var old = new ArrayList<Path>();
        var now = catalogue.manifest(fold.top().id()).orElseThrow();
        for (StoredFile file : now.files(fold.part())) {
            if (files.stream().anyMatch(replacing -> replacing.replaces(file))) {
                old.add(folder.resolve(file.name()));
            } else {
                held.add(file);
            }
        }
        int i = 0;
        for (New file : files) {
            var as = made.get(i++);
            home.disk().rename(aside.resolve(file.aside()), folder.resolve(file.name(generation)));
            held.add(
                    new StoredFile(file.name(generation), as.part(), as.size(), true, as.digest()));
        }
        home.disk().sync(folder);
        var replacement =
                Replacement.read(folder, fold.top().id())
                        .with(fold.part(), new Replacement.Held(fold.base(), held));
        home.disk()
                .write(
                        folder.resolve(Replacement.FILE),
                        replacement.toBytes(fold.top().id()),
                        Durability.SYNCED);
        var discarded = new ArrayList<Path>();
        for (Path file : old) {
            discarded.add(home.discard(file));
        }
        return discarded;
    }

    private static int nextGeneration(Path folder) throws IOException {
        int last = 0;
        for (Path file : Leftovers.entries(folder)) {
            Matcher match = GENERATED.matcher(String.valueOf(file.getFileName()));
            if (match.matches()) {
                last = Math.max(last, Integer.parseInt(match.group(1)));
            }
        }
        return last + 1;
    }

    /// Whether the snapshots are held as they were when the fold was found.
    private static boolean isStillSo(Catalogue catalogue, Fold fold) throws IOException {
        for (SnapshotManifest layer : fold.layers()) {
            var now = catalogue.manifest(layer.id());
            if (now.isEmpty() || !heldAs(layer, now.get(), fold.part())) {
                return false;
            }
        }
        return true;
    }

    private static boolean heldAs(SnapshotManifest then, SnapshotManifest now, Part part) {
        return names(then, part).equals(names(now, part))
                && Optional.ofNullable(then.base(part)).equals(Optional.ofNullable(now.base(part)));
    }

    private static List<String> names(SnapshotManifest manifest, Part part) {
        return manifest.files(part).stream().map(StoredFile::name).toList();
    }

    /// Whether somebody reads files of this snapshot or of one that lies on it. A machine that runs
    /// has them open, and does not look for them again.
    private boolean isRead(Catalogue catalogue) throws IOException {
        var readers = new LinkedHashSet<>(catalogue.pinned());
        for (String name : catalogue.sandboxNames()) {
            catalogue
                    .sandbox(name)
                    .filter(sandbox -> sandbox.state() == SandboxRecord.State.CREATING)
                    .map(sandbox -> sandbox.layers().diskBase())
                    .ifPresent(readers::add);
        }
        for (String reader : readers) {
            var manifest = catalogue.manifest(reader);
            if (manifest.isPresent() && liesOnTop(catalogue.chain(manifest.get(), fold.part()))) {
                return true;
            }
        }
        return false;
    }

    private boolean liesOnTop(List<SnapshotManifest> chain) {
        return chain.stream().anyMatch(manifest -> manifest.id().equals(fold.top().id()));
    }

    /// Whether a file is one that a fold made.
    static boolean isGenerated(String name) {
        return GENERATED.matcher(name).matches();
    }

    /// The name of a file that holds the same otherwise.
    static String nextName(String name) {
        Matcher match = GENERATED.matcher(name);
        int next = match.matches() ? Integer.parseInt(match.group(1)) + 1 : 1;
        String block = name.substring(0, name.indexOf('.'));
        String kind = name.substring(name.lastIndexOf('.') + 1);
        return block + "." + next + "." + kind;
    }

    /// The files in a snapshot's folder that were replaced, or should have replaced others, when a
    /// process was killed.
    static List<Path> leftBehind(Home home, SnapshotManifest manifest) throws IOException {
        Path folder = home.snapshotFolder(manifest.id());
        var held = new LinkedHashSet<String>();
        manifest.files().forEach(file -> held.add(file.name()));
        var left = new LinkedHashSet<Path>();
        for (Path file : Leftovers.entries(folder)) {
            String name = String.valueOf(file.getFileName());
            boolean unfinished = name.startsWith(Disk.TEMPORARY_PREFIX);
            if (unfinished || (isGenerated(name) && !held.contains(name))) {
                left.add(file);
            }
        }
        if (Files.exists(folder.resolve(Replacement.FILE))) {
            var written = SnapshotManifest.read(folder);
            for (StoredFile file : written.files()) {
                Path path = folder.resolve(file.name());
                if (!held.contains(file.name()) && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    left.add(path);
                }
            }
        }
        return List.copyOf(left);
    }

    /// Removes what was made aside. What of it can't be removed is left to the next open of the
    /// home.
    @Override
    public void close() {
        try {
            home.disk().deleteTree(aside);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "{0} could not be removed: {1}", aside, e);
        } finally {
            try (lock) {
                pin.close();
            }
        }
    }
}
