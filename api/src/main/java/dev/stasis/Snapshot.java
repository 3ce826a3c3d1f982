package dev.stasis;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// A captured sandbox, from which any number of forks can be made. Immutable; thread-safe.
public interface Snapshot extends AutoCloseable {
    /// Its id, which no other snapshot ever has.
    String id();

    /// What it is.
    SnapshotInfo info();

    /// Makes a fork with a name that is made up, see {@link #restore(String)}.
    ///
    /// @return the fork, which its caller closes
    /// @throws StasisException as {@link #restore(String)}
    Sandbox restore();

    /// Makes a fork: a new sandbox that goes on exactly where the source stood, with memory and
    /// disk of its own by copy-on-write. It has its own hostname, the right time and fresh entropy
    /// before any process in it runs.
    ///
    /// @param name the name of the fork
    /// @return the fork, which its caller closes; closing removes it unless it is detached
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}, {@link ErrorCode#NAME_TAKEN},
    ///   {@link ErrorCode#SNAPSHOT_NOT_FOUND} when it can't be restored any more, {@link
    ///   ErrorCode#INCOMPATIBLE_SNAPSHOT}, {@link ErrorCode#STORE_DAMAGED} or {@link
    ///   ErrorCode#MACHINE_FAILED}; nothing is left of the fork then
    default Sandbox restore(String name) {
        return restoreWith(name, _ -> {});
    }

    /// Makes a fork that differs from its source.
    ///
    /// @param name the name of the fork
    /// @param settings says in what it differs
    /// @return as {@link #restore(String)}
    /// @throws StasisException as {@link #restore(String)}; with {@link ErrorCode#LIMIT_EXCEEDED}
    ///   for more CPUs or memory than the sandbox was created for or more memory than this computer
    ///   has, {@link ErrorCode#MEMORY_IN_USE} for less memory than the guest's processes need, and
    ///   {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the snapshot is of a sandbox that can't be
    ///   resized
    Sandbox restoreWith(String name, Consumer<RestoreBuilder> settings);

    /// Makes several forks at once, some of them at the same time. One that fails does not keep the
    /// others from being made.
    ///
    /// @param names the names of the forks, each another
    /// @param settings says in what each of them differs; called for all of them, one after the
    ///   other on this thread, before the first is made
    /// @return what became of each, in the order of the names; the caller closes the forks
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}, {@link
    ///   ErrorCode#INVALID_ARGUMENT} or another code when a name or a setting is wrong, before
    ///   anything is started; with {@link ErrorCode#INTERRUPTED}, and no fork is left then
    List<ForkOutcome> restoreAll(List<String> names, BiConsumer<String, RestoreBuilder> settings);

    /// Makes several forks at once that differ in nothing but their names.
    ///
    /// @param names the names of the forks, each another
    /// @return as {@link #restoreAll(List, BiConsumer)}
    /// @throws StasisException as {@link #restoreAll(List, BiConsumer)}
    default List<ForkOutcome> restoreAll(List<String> names) {
        return restoreAll(names, (_, _) -> {});
    }

    /// Keeps clones of this snapshot ready, restored and standing still, from which forks are made
    /// in an instant: see {@link Pool}. Returns at once; {@link Pool#awaitReady} waits for them.
    ///
    /// @param size how many clones
    /// @return the pool, which its caller closes
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} for a size below 1, {@link
    ///   ErrorCode#SNAPSHOT_NOT_FOUND} or {@link ErrorCode#INCOMPATIBLE_SNAPSHOT}
    default Pool pool(int size) {
        return pool(size, _ -> {});
    }

    /// Keeps clones of this snapshot ready, see {@link #pool(int)}.
    ///
    /// @param size how many clones
    /// @param settings says how it is filled
    /// @return the pool, which its caller closes
    /// @throws StasisException as {@link #pool(int)}
    Pool pool(int size, Consumer<PoolBuilder> settings);

    /// Keeps this snapshot under a name, beyond the life of its source and of this process. When
    /// the call returns it survives a loss of power.
    ///
    /// @param name the name; it follows the rules for names of sandboxes
    /// @return this
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}, {@link ErrorCode#NAME_TAKEN},
    ///   {@link ErrorCode#SNAPSHOT_NOT_FOUND} or {@link ErrorCode#DISK_FULL}
    Snapshot saveNamed(String name);

    /// Keeps this snapshot under a name, with labels, for a time, or in place of the one that has
    /// the name: see {@link #saveNamed(String)}.
    ///
    /// @param name the name
    /// @param settings says how
    /// @return this
    /// @throws StasisException as {@link #saveNamed(String)}, and with {@link
    ///   ErrorCode#INVALID_ARGUMENT} for a label
    Snapshot saveNamed(String name, Consumer<SaveBuilder> settings);

    /// Changes the labels of this snapshot, all at once. When the call returns the change survives
    /// a loss of power, if the snapshot does.
    ///
    /// @param change says what to change
    /// @return this
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND} or {@link
    ///   ErrorCode#INVALID_ARGUMENT}
    Snapshot relabel(Consumer<LabelsBuilder> change);

    /// Reads all that this snapshot consists of and compares it with the digests taken when it was
    /// saved. A snapshot without a name has none for its large files.
    ///
    /// @param progress is told how far it is, on any thread
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} naming the file and what is
    ///   wrong with it, or with {@link ErrorCode#SNAPSHOT_NOT_FOUND}
    void verify(Consumer<Progress> progress);

    /// Writes this snapshot and all that it lies on into a file, from which it can be imported into
    /// another home: see {@link Stasis#importSnapshot}. The file holds all that was in the memory
    /// of the sandbox, so only its owner can read it.
    ///
    /// @param file what has that name is replaced, once all is written
    /// @param settings says how
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}, {@link
    ///   ErrorCode#STORE_DAMAGED}, {@link ErrorCode#DISK_FULL} or {@link ErrorCode#IO_FAILED}
    void exportTo(Path file, Consumer<ExportBuilder> settings);

    /// Writes this snapshot into a stream, see {@link #exportTo(Path, Consumer)}. What was written
    /// when this fails can't be imported.
    ///
    /// @param out is not closed
    /// @param settings says how
    void exportTo(OutputStream out, Consumer<ExportBuilder> settings);

    /// Gives up this snapshot if it was taken through this object and has no name: it can't be
    /// restored any more, and its bytes go with the last fork that needs them. Else does nothing. A
    /// second call does nothing.
    @Override
    void close();

    /// A named snapshot of the default home.
    ///
    /// @param name its name
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}
    static Snapshot get(String name) {
        return DefaultHome.get().snapshot(name);
    }

    /// The named snapshots of the default home, by name.
    static List<SnapshotInfo> list() {
        return DefaultHome.get().snapshots();
    }

    /// Takes a name from a snapshot of the default home, see {@link Stasis#deleteSnapshot(String)}.
    ///
    /// @param name the name
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}
    static void delete(String name) {
        DefaultHome.get().deleteSnapshot(name);
    }
}
