package dev.stasis;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// The sandboxes, snapshots and images of one home folder. Any number of instances, in any number
/// of processes of one user, may be open on the same home. Thread-safe; every call blocks until it
/// is done and is made for virtual threads.
///
/// {@snippet file="dev/stasis/examples/WarmState.java" region="tour"}
public interface Stasis extends AutoCloseable {
    /// Opens the default home: `STASIS_HOME`, else the `stasis` folder below the XDG data folder.
    /// What earlier processes left behind when they were killed is cleaned up.
    ///
    /// @return an instance, which its caller closes
    /// @throws StasisException with {@link ErrorCode#HOME_UNUSABLE} when the home can't be made,
    ///   read or written
    static Stasis open() {
        var provider = Providers.one();
        return provider.open(provider.defaultHome());
    }

    /// Opens a home.
    ///
    /// @param home the folder; made, for this user alone, when it is not there
    /// @return an instance, which its caller closes
    /// @throws StasisException with {@link ErrorCode#HOME_UNUSABLE} when the home can't be made,
    ///   read or written
    static Stasis open(Path home) {
        return Providers.one().open(home);
    }

    /// Makes a sandbox and waits until commands can be run in it.
    ///
    /// @param name its name: 1 to 63 lower case letters, digits, `-`, `_` and `.`, beginning with a
    ///   letter or digit; no other sandbox has it
    /// @param settings says what it is like
    /// @return the sandbox, which its caller closes; closing removes it unless it is detached
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}, {@link ErrorCode#NAME_TAKEN},
    ///   {@link ErrorCode#IMAGE_NOT_FOUND}, {@link ErrorCode#IMAGE_INVALID}, {@link
    ///   ErrorCode#ACCESS_DENIED}, {@link ErrorCode#REGISTRY_FAILED}, {@link
    ///   ErrorCode#PROGRAM_MISSING}, {@link ErrorCode#KVM_UNAVAILABLE} or another code; nothing is
    ///   left of the sandbox then
    Sandbox create(String name, Consumer<SandboxBuilder> settings);

    /// Makes a sandbox with a name that is made up.
    ///
    /// @param settings says what it is like
    /// @return as {@link #create(String, Consumer)}
    /// @throws StasisException as {@link #create(String, Consumer)}
    Sandbox create(Consumer<SandboxBuilder> settings);

    /// A sandbox that some process made. Closing what is returned releases it and leaves the
    /// sandbox as it is.
    ///
    /// @param name its name
    /// @throws StasisException with {@link ErrorCode#SANDBOX_NOT_FOUND}
    Sandbox sandbox(String name);

    /// All sandboxes of this home, by name.
    List<SandboxInfo> sandboxes();

    /// A snapshot.
    ///
    /// @param nameOrId its name or its id
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}
    Snapshot snapshot(String nameOrId);

    /// All named snapshots of this home, by name.
    List<SnapshotInfo> snapshots();

    /// All snapshots of this home that can be restored: the named ones, and those that end with
    /// their source sandbox.
    List<SnapshotInfo> restorableSnapshots();

    /// The named snapshots that a filter means, by name.
    ///
    /// @param which says which
    default List<SnapshotInfo> snapshots(Consumer<SnapshotFilter> which) {
        var filter = new SnapshotFilter();
        which.accept(filter);
        return snapshots().stream().filter(filter::fits).toList();
    }

    /// Takes names from snapshots that are not to be kept, all at once. Nothing that is in use
    /// goes: no name of a snapshot from which a sandbox was restored that still exists, or that
    /// some process is reading.
    ///
    /// @param rules says which are not to be kept
    /// @return the snapshots whose names were removed, or would be, by name
    List<SnapshotInfo> pruneSnapshots(Consumer<RetentionBuilder> rules);

    /// Reads all that the named snapshots consist of, see {@link Snapshot#verify}.
    ///
    /// @param progress is told how far it is, on any thread
    /// @return what is damaged: one for each name
    List<Finding> verifySnapshots(Consumer<Progress> progress);

    /// Examines the whole home: what killed processes left, what belongs to nothing, what is
    /// missing. Large files are not read for that unless they were changed: {@link
    /// #verifySnapshots} does so. What opening a home puts right, and this instance's opening did,
    /// is said too.
    ///
    /// @return what was found; empty when all is well
    List<Finding> check();

    /// Examines the whole home as {@link #check()} and puts right what can be.
    ///
    /// @return what was found, and what became of it; empty when all was well
    List<Finding> repair();

    /// Imports a snapshot from what {@link Snapshot#exportTo(Path, Consumer)} wrote. All of it is
    /// checked before anything of it can be seen; when the call returns the snapshot has its name
    /// and survives a loss of power.
    ///
    /// @param file the archive
    /// @param settings says how
    /// @return the snapshot
    /// @throws StasisException with {@link ErrorCode#ARCHIVE_INVALID} when the archive is damaged,
    ///   cut off or something else; {@link ErrorCode#SNAPSHOT_NOT_FOUND} or {@link
    ///   ErrorCode#IMAGE_NOT_FOUND} when it needs a snapshot or an image that is not here; {@link
    ///   ErrorCode#INVALID_ARGUMENT} when no name is known; {@link ErrorCode#NAME_TAKEN} or {@link
    ///   ErrorCode#DISK_FULL}; nothing was imported then
    Snapshot importSnapshot(Path file, Consumer<ImportBuilder> settings);

    /// Imports a snapshot from a stream, see {@link #importSnapshot(Path, Consumer)}.
    ///
    /// @param in read to its end, not closed
    /// @param settings says how
    Snapshot importSnapshot(InputStream in, Consumer<ImportBuilder> settings);

    /// The images of this home.
    Images images();

    /// Takes a name from a snapshot. With its last name the snapshot ends: nothing new can be
    /// restored from it, though its source may live, and its bytes go as soon as no fork and no
    /// later snapshot needs them.
    ///
    /// @param name the name
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}
    void deleteSnapshot(String name);

    /// Looks at all that Stasis needs on this computer and says what it found.
    List<Diagnosis> diagnose();

    /// The home's folder.
    Path home();

    /// Closes every sandbox that was made through this instance and is still open, so attached
    /// sandboxes are removed, and their unnamed snapshots with them. An unnamed snapshot of another
    /// sandbox stays until its source is removed. A second call does nothing.
    @Override
    void close();
}
