package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// A home: the folder in which everything that Stasis keeps lies. Any number of processes of one
/// user may have it open at once; nothing needs to be closed. It may be moved while nothing runs.
///
/// ```
/// format                      "stasis-home 1"
/// lock                        the store-wide lock
/// boot/<digest>/              what machines boot from, extracted
/// images/<digest>/            root file systems
/// snapshots/<id>/             see SnapshotManifest, Labels and Verified;  .staging-<id>/ while it is being made
/// snapshots/names/<name>      see NameRecord
/// snapshots/pins/<id>.<x>     locked while that snapshot is being made durable
/// templates/<key>             the id of the snapshot that is the template of that key
/// sandboxes/<name>/           see SandboxRecord;  .new-<id>/ while it is being made
/// pools/<id>/                 a clone that is no sandbox yet: see PoolStore
/// cache/                      what was found out about this computer
/// trash/                      what is being deleted
/// ```
public final class Home {
    private static final Duration LOCK_DEADLINE = Duration.ofSeconds(30);

    private final Path root;
    private final Host host;
    private final Disk disk;
    private final RuntimeFolder runtime;
    private final Remembered remembered = new Remembered();
    private final List<String> cleaned = new CopyOnWriteArrayList<>();

    private Home(Path root, Host host, Disk disk) {
        this.root = root;
        this.host = host;
        this.disk = disk;
        this.runtime = RuntimeFolder.of(root, host, Path.of("/tmp"));
    }

    /// Loads what reading any home needs, so that a later {@link #open(Path)} takes less long.
    public static void prepare() {
        Digests.sha256(new byte[0]);
        Document.parse("nothing", "{}".getBytes(StandardCharsets.UTF_8));
    }

    /// Opens a home, creating it with mode 0700 if need be, and removes what interrupted operations
    /// of processes that are gone left in it. Half-made sandboxes are left: see {@link
    /// SandboxStore#leftovers()}.
    ///
    /// @throws StasisException with {@link ErrorCode#HOME_UNUSABLE} when it belongs to another
    ///   user, can't be written, holds something else, or was made by a newer Stasis; with {@link
    ///   ErrorCode#DISK_FULL} when it can't be created for want of space
    public static Home open(Path root) {
        return open(root, Host.current(), new Disk());
    }

    static Home open(Path root, Host host, Disk disk) {
        Path absolute = root.toAbsolutePath().normalize();
        HomeFolder.create(absolute);
        try {
            var home = new Home(absolute.toRealPath(), host, disk);
            new HomeFolder(home.root, host, disk).prepare();
            home.cleaned.addAll(new Leftovers(home).remove());
            return home;
        } catch (IOException e) {
            throw Failures.of("Opening the home " + absolute, e);
        }
    }

    /// The folder itself.
    public Path root() {
        return root;
    }

    /// The folder of what machines boot from.
    public Path bootFolder() {
        return root.resolve("boot");
    }

    /// The folder of root file systems.
    public Path imagesFolder() {
        return root.resolve("images");
    }

    /// The folder of what was found out about this computer, which can be found out again. It need
    /// not exist yet.
    public Path cacheFolder() {
        return root.resolve("cache");
    }

    /// The folder of a snapshot.
    public Path snapshotFolder(String id) {
        return snapshotsFolder().resolve(id);
    }

    /// The folder of a sandbox.
    public Path sandboxFolder(String name) {
        return sandboxesFolder().resolve(Names.check("sandbox", name));
    }

    /// Where sockets and process ids lie.
    public RuntimeFolder runtime() {
        return runtime;
    }

    /// The sandboxes.
    public SandboxStore sandboxes() {
        return new SandboxStore(this);
    }

    /// The snapshots.
    public SnapshotStore snapshots() {
        return new SnapshotStore(this);
    }

    /// The templates.
    public TemplateStore templates() {
        return new TemplateStore(this);
    }

    /// The clones that are no sandboxes yet.
    public PoolStore pools() {
        return new PoolStore(this);
    }

    Path poolsFolder() {
        return root.resolve("pools");
    }

    Path templatesFolder() {
        return root.resolve("templates");
    }

    Path snapshotsFolder() {
        return root.resolve("snapshots");
    }

    Path namesFolder() {
        return snapshotsFolder().resolve("names");
    }

    Path pinsFolder() {
        return snapshotsFolder().resolve("pins");
    }

    Path sandboxesFolder() {
        return root.resolve("sandboxes");
    }

    Path trashFolder() {
        return root.resolve("trash");
    }

    /// What the opening of this home removed, since processes that were killed had left it.
    List<String> cleaned() {
        return List.copyOf(cleaned);
    }

    /// Examines all that the home keeps, without changing anything.
    ///
    /// @return what is not as it should be
    public List<Finding> check() {
        try {
            return Examination.looking(this).run();
        } catch (IOException e) {
            throw Failures.of("Examining the home " + root, e);
        }
    }

    /// Examines all that the home keeps, and puts right what can be.
    ///
    /// @return what was not as it should be
    public List<Finding> repair() {
        try {
            return Examination.repairing(this).run();
        } catch (IOException e) {
            throw Failures.of("Repairing the home " + root, e);
        }
    }

    Disk disk() {
        return disk;
    }

    Remembered remembered() {
        return remembered;
    }

    Host host() {
        return host;
    }

    /// Takes the store-wide lock, for a short change of metadata.
    StoreLock lock(String purpose) throws IOException {
        return StoreLock.acquire(root.resolve("lock"), "The home " + root, purpose, LOCK_DEADLINE);
    }

    /// Takes a file or folder out of the store in one step. It still has to be deleted, best after
    /// the locks are given back.
    Path discard(Path fileOrFolder) throws IOException {
        Path discarded = trashFolder().resolve(Ids.next());
        disk.rename(fileOrFolder, discarded);
        return discarded;
    }

    /// The same for what its owner may remove or rename meanwhile.
    ///
    /// @return empty when it is gone
    Optional<Path> discardIfThere(Path fileOrFolder) throws IOException {
        try {
            return Optional.of(discard(fileOrFolder));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
