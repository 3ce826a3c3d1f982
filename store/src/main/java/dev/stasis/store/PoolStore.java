package dev.stasis.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Clones that are no sandboxes yet: a folder each, as that of a sandbox but without a record,
/// until {@link SandboxStore#adopt} makes it one. It has an owner, a process; one whose owner is
/// gone is a leftover. Safe for any number of threads and processes.
public final class PoolStore {
    private final Home home;

    PoolStore(Home home) {
        this.home = home;
    }

    /// The folder of a clone, which need not exist.
    public Path folder(String id) {
        return home.poolsFolder().resolve(id);
    }

    /// Makes the folder of a new clone, with one for its logs.
    ///
    /// @param claim is given the folder and makes this process its owner; nobody looks for one
    ///   meanwhile
    public void create(String id, Consumer<Path> claim) {
        var folder = folder(id);
        try (var _ = home.lock("create a clone")) {
            home.disk().createFolder(folder);
            home.disk().createFolder(folder.resolve("logs"));
            claim.accept(folder);
        } catch (IOException e) {
            throw Failures.of("Creating the clone " + id, e);
        }
    }

    /// The ids of all clones.
    public List<String> ids() {
        try {
            return Leftovers.entries(home.poolsFolder()).stream()
                    .map(entry -> String.valueOf(entry.getFileName()))
                    .filter(Ids::isId)
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Failures.of("Listing the clones of " + home.root(), e);
        }
    }

    /// The ids of the clones whose owner is gone.
    ///
    /// @param isOwned is given a folder and says whether a living process owns it
    public List<String> abandoned(Predicate<Path> isOwned) {
        if (ids().isEmpty()) {
            return List.of();
        }
        try (var _ = home.lock("look for clones")) {
            return ids().stream().filter(id -> !isOwned.test(folder(id))).toList();
        } catch (IOException e) {
            throw Failures.of("Looking for clones in " + home.root(), e);
        }
    }

    /// Removes the folder of a clone that no machine uses any more; does nothing when it is gone.
    public void remove(String id) {
        try {
            home.disk().deleteTree(home.discard(folder(id)));
        } catch (NoSuchFileException e) {
            // Gone already.
        } catch (IOException e) {
            throw Failures.of("Removing the clone " + id, e);
        }
    }
}
