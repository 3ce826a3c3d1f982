package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import dev.stasis.Finding.Outcome;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Looks at everything that a home keeps: names, snapshots, sandboxes and what lies beside them. It
/// can be done while others work in the home.
///
/// What is lost is said, never removed: a person decides. What belongs to nothing is removed when
/// repairing. There are no counts that could be wrong: what is needed is computed each time, see
/// [Liveness].
final class Examination {
    private static final Set<PosixFilePermission> OWNERS =
            Set.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.OWNER_EXECUTE);

    private final Home home;
    private final Catalogue catalogue;
    private final boolean repairing;
    private final List<Finding> findings = new ArrayList<>();

    private Examination(Home home, boolean repairing) {
        this.home = home;
        this.catalogue = new Catalogue(home);
        this.repairing = repairing;
    }

    /// One that changes nothing.
    static Examination looking(Home home) {
        return new Examination(home, false);
    }

    /// One that puts right what can be.
    static Examination repairing(Home home) {
        return new Examination(home, true);
    }

    List<Finding> run() throws IOException {
        for (String removed : home.cleaned()) {
            add(removed, "was left by an operation that was interrupted", Outcome.REPAIRED);
        }
        try (var _ = home.lock("examine the home")) {
            examineNames();
            examineStrays();
            examineSandboxes();
            for (String id : catalogue.snapshotIds()) {
                examineModes(id);
                examineLabels(id);
            }
        }
        examineContents();
        examineNeed();
        return findings;
    }

    private void add(String subject, String problem, Outcome outcome) {
        findings.add(new Finding(subject, problem, outcome));
    }

    /// Puts something right, or says that it could be.
    private void fix(String subject, String problem, Repair repair) throws IOException {
        if (repairing) {
            repair.run();
        }
        add(subject, problem, repairing ? Outcome.REPAIRED : Outcome.FOUND);
    }

    private interface Repair {
        void run() throws IOException;
    }

    private void examineNames() throws IOException {
        var names = new NameList(home);
        var rescue = new NameRescue(home);
        for (var name : names.unreadable().entrySet()) {
            String subject = "name " + name.getKey();
            if (rescue.candidates().isEmpty()) {
                add(subject, name.getValue(), Outcome.LOST);
            } else {
                fix(
                        subject,
                        "%s; every saved snapshot without a name gets the name %s<id>"
                                .formatted(name.getValue(), NameRescue.PREFIX),
                        rescue::giveNames);
            }
        }
        if (repairing && rescue.isDone()) {
            for (String name : names.unreadable().keySet()) {
                new Naming(home).deleteLocked(name);
            }
        }
    }

    private void examineStrays() throws IOException {
        var folders = new ArrayList<Path>(List.of(home.root(), home.snapshotsFolder()));
        folders.add(home.namesFolder());
        catalogue.snapshotIds().forEach(id -> folders.add(home.snapshotFolder(id)));
        for (String sandbox : catalogue.sandboxNames()) {
            Path folder = home.sandboxFolder(sandbox);
            if (!StoreLock.isHeld(folder.resolve(SandboxStore.LOCK))) {
                folders.add(folder);
            }
        }
        for (Path folder : folders) {
            for (Path entry : entries(folder)) {
                if (String.valueOf(entry.getFileName()).startsWith(Disk.TEMPORARY_PREFIX)) {
                    fix(
                            entry.toString(),
                            "is a temporary file that nobody writes any more",
                            () -> home.disk().delete(entry));
                }
            }
        }
        for (Path entry : entries(home.snapshotsFolder())) {
            String name = String.valueOf(entry.getFileName());
            if (!name.startsWith(".")
                    && !Ids.isId(name)
                    && !entry.equals(home.namesFolder())
                    && !entry.equals(home.pinsFolder())) {
                add(entry.toString(), "was not made by Stasis: move it away", Outcome.FOUND);
            }
        }
    }

    private void examineSandboxes() throws IOException {
        for (String name : catalogue.sandboxNames()) {
            try {
                var record = catalogue.sandbox(name);
                if (record.isPresent() && record.get().state() != SandboxRecord.State.CREATING) {
                    examine(record.get());
                }
            } catch (StasisException e) {
                add("sandbox " + name, String.valueOf(e.getMessage()), Outcome.LOST);
            }
        }
    }

    private void examine(SandboxRecord record) throws IOException {
        var layers = record.layers();
        String disk = layers.disk();
        if (disk != null
                && layers.nextDisk() == null
                && !Files.isRegularFile(home.sandboxFolder(record.name()).resolve(disk))) {
            add(
                    "sandbox " + record.name(),
                    "Its disk %s is missing: remove the sandbox".formatted(disk),
                    Outcome.LOST);
        }
        requireBase(record, layers.memoryBase(), Part.MEMORY);
        requireBase(record, layers.diskBase(), Part.DISK);
    }

    private void requireBase(SandboxRecord record, @Nullable String base, Part part)
            throws IOException {
        if (base == null) {
            return;
        }
        var manifest = catalogue.manifest(base);
        if (manifest.isEmpty()) {
            add(
                    "sandbox " + record.name(),
                    "Snapshot %s, on which it lies, is missing: remove the sandbox".formatted(base),
                    Outcome.LOST);
        } else {
            catalogue.chain(manifest.get(), part);
        }
    }

    private void examineModes(String id) throws IOException {
        var paths = new ArrayList<>(entries(home.snapshotFolder(id)));
        paths.add(home.snapshotFolder(id));
        for (Path path : paths) {
            var permissions = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
            if (!Files.isSymbolicLink(path) && !OWNERS.containsAll(permissions)) {
                fix(
                        path.toString(),
                        "can be reached by other users",
                        () -> home.disk().restrict(path));
            }
        }
    }

    private void examineLabels(String id) throws IOException {
        Path folder = home.snapshotFolder(id);
        try {
            Labels.read(folder);
        } catch (StasisException e) {
            add("labels of snapshot " + id, String.valueOf(e.getMessage()), Outcome.LOST);
            if (repairing) {
                home.disk().delete(folder.resolve(Labels.FILE));
            }
        }
    }

    /// What restores would refuse.
    private void examineContents() throws IOException {
        var snapshots = new SnapshotStore(home);
        for (var name : new NameList(home).readable().entrySet()) {
            String id = name.getValue();
            try (var _ = snapshots.pin(id).orElseThrow(() -> SnapshotStore.notFound(id))) {
                snapshots.verify(id);
            } catch (StasisException e) {
                if (e.code() == ErrorCode.BUSY) {
                    throw e;
                }
                if (Files.exists(home.namesFolder().resolve(name.getKey()))) {
                    add("snapshot " + name.getKey(), String.valueOf(e.getMessage()), Outcome.LOST);
                }
            }
        }
    }

    /// What nobody needs. Some other process may be about to delete it.
    private void examineNeed() throws IOException {
        List<String> unneeded;
        try (var _ = home.lock("examine the home")) {
            unneeded = new Sweep(home).unneeded();
        } catch (StasisException e) {
            if (e.code() != ErrorCode.STORE_DAMAGED) {
                throw e;
            }
            return; // What is damaged was said.
        }
        if (repairing && !unneeded.isEmpty()) {
            new Sweep(home).run();
        }
        for (String each : unneeded) {
            add(
                    each,
                    "is needed by nothing any more",
                    repairing ? Outcome.REPAIRED : Outcome.FOUND);
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        try {
            return Leftovers.entries(folder);
        } catch (NoSuchFileException e) {
            return List.of(); // Somebody removed it.
        }
    }
}
