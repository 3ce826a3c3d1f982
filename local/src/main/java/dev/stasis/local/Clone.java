package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.store.Home;
import dev.stasis.store.Ids;
import dev.stasis.store.SnapshotManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A machine that is restored and stands still, and is no sandbox yet. It is attached to this
/// process.
///
/// Its folder becomes the sandbox's, under a name that is not known yet. QEMU opens files by their
/// path now and then, and the launcher its logs, so both are told a path through a link in the run
/// folder, which stays, and the link is turned when the folder gets its name.
final class Clone implements AutoCloseable {
    private static final Duration RESTORE = Duration.ofMinutes(1);
    private static final String LINK = "files";

    /// What a clone is called in messages.
    private static final String NAME = "pooled";

    private final Place place;
    private final Machine machine;
    private final Keeper keeper;
    private boolean used;

    private Clone(Place place, Machine machine, Keeper keeper) {
        this.place = place;
        this.machine = machine;
        this.keeper = keeper;
    }

    /// Makes one.
    ///
    /// @param manifest the snapshot, which is pinned
    static Clone make(LocalStasis stasis, Tools tools, SnapshotManifest manifest) {
        var home = stasis.openHome();
        String id = Ids.next();
        var place = left(home, id);
        var undo = new ArrayList<Runnable>();
        undo.add(() -> remove(place));
        try {
            var owners = new ArrayList<Ownership>();
            home.pools().create(id, _ -> owners.add(Ownership.take(place)));
            var owner = owners.getFirst();
            undo.addFirst(owner::close);
            var machine = restored(place, tools, manifest);
            return new Clone(place, machine, new Keeper(machine, owner));
        } catch (RuntimeException | Error e) {
            Closing.after(e, List.copyOf(undo));
            throw e;
        }
    }

    private static Machine restored(Place place, Tools tools, SnapshotManifest manifest) {
        var home = place.home();
        var source = SnapshotFiles.verified(home, manifest.id());
        DiskOverlays.create(
                place.folder().resolve(SandboxMaker.FIRST_DISK), source.disks().getFirst());
        var run = home.runtime().create(place.id());
        var linked = new Place(home, NAME, place.id(), run.resolve(LINK));
        try {
            Files.createSymbolicLink(linked.folder(), place.folder());
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The link " + linked.folder() + " can't be made", e);
        }
        var bare = Ports.in(manifest.setup(), List.of());
        var plan = MachinePlan.restored(linked, tools, manifest.id(), bare);
        return Machine.restore(
                plan.spec(SandboxMaker.FIRST_DISK, source.disks()),
                new FlatCache(home).of(manifest.id(), source.memory()),
                source.devices(),
                RESTORE);
    }

    /// Where it is.
    Place place() {
        return place;
    }

    /// What ties it to this process.
    Keeper keeper() {
        return keeper;
    }

    /// Whether it still lives.
    boolean isAlive() {
        return machine.isAlive();
    }

    /// Whether it was let go, or was about to be.
    boolean isUsed() {
        return used;
    }

    /// Lets it go as a sandbox, which has its folder now.
    void become(Place sandbox) {
        used = true;
        var link = sandbox.run().resolve(LINK);
        var turned = sandbox.run().resolve(LINK + ".new");
        try {
            Files.createSymbolicLink(turned, sandbox.folder());
            Files.move(turned, link, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The link " + link + " can't be turned", e);
        }
        machine.resume(RESTORE);
    }

    /// Ends it, if it has become nothing.
    @Override
    public void close() {
        if (!used) {
            used = true;
            Closing.allOf(List.of(() -> remove(place), keeper::close));
        }
    }

    /// Removes what is left of one.
    static void remove(Place place) {
        Removal.of(place).forgetMachine();
        place.home().pools().remove(place.id());
    }

    /// Where a clone is that some process has left.
    static Place left(Home home, String id) {
        return new Place(home, NAME, id, home.pools().folder(id));
    }

    /// Whether a living process owns the clone in a folder.
    static boolean isOwned(Home home, Path folder) {
        return Ownership.isHeld(left(home, String.valueOf(folder.getFileName())));
    }
}
