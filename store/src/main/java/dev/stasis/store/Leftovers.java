package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What interrupted operations left in a home: staging folders, folders of sandboxes that were not
/// yet published, temporary files, pins and trash. Whoever works on one of the folders or pins
/// holds its lock; temporary files of metadata are only made under the store-wide lock or a
/// sandbox's, but for the notes of [Verified], which can be lost.
final class Leftovers {
    private final Home home;

    Leftovers(Home home) {
        this.home = home;
    }

    /// Removes them all.
    ///
    /// @return what they were; trash is not said, it was deleted before
    List<String> remove() throws IOException {
        var removed = new ArrayList<String>();
        if (!dead().isEmpty()) {
            try (var _ = home.lock("clean up")) {
                for (Path leftover : dead()) {
                    var _ = home.discardIfThere(leftover);
                    removed.add(leftover.toString());
                }
            }
        }
        for (Path discarded : entries(home.trashFolder())) {
            home.disk().deleteTree(discarded);
        }
        return removed;
    }

    private List<Path> dead() throws IOException {
        var dead = new ArrayList<Path>();
        for (Path entry : entries(home.snapshotsFolder())) {
            if (isNamed(entry, Staging.PREFIX) && !isWorkedOn(entry)) {
                dead.add(entry);
            }
        }
        for (Path entry : entries(home.sandboxesFolder())) {
            if (isNamed(entry, SandboxStore.NEW_PREFIX) && !isWorkedOn(entry)) {
                dead.add(entry);
            }
        }
        for (Path pin : entries(home.pinsFolder())) {
            if (!StoreLock.isHeld(pin)) {
                dead.add(pin);
            }
        }
        for (Path entry : entries(home.templatesFolder())) {
            if (isNamed(entry, ".") && !StoreLock.isHeld(entry)) {
                dead.add(entry);
            }
        }
        for (Path entry : entries(home.namesFolder())) {
            if (isNamed(entry, Disk.TEMPORARY_PREFIX)) {
                dead.add(entry);
            }
        }
        return dead;
    }

    private static boolean isWorkedOn(Path folder) throws IOException {
        return StoreLock.isHeld(folder.resolve(SandboxStore.LOCK));
    }

    private static boolean isNamed(Path entry, String prefix) {
        return String.valueOf(entry.getFileName()).startsWith(prefix);
    }

    static List<Path> entries(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }
}
