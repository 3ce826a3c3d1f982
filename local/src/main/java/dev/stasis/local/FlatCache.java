package dev.stasis.local;

import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import dev.stasis.linux.SparseFiles;
import dev.stasis.machine.RamImage;
import dev.stasis.store.Home;
import dev.stasis.store.SandboxRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Flat images of snapshots whose memory is a pile of differences, made when one is restored for
/// the second time, so that its forks share their pages through the page cache and a restore has
/// nothing to write. Whatever is here can be made again, and machines that map it keep it.
///
/// ```
/// cache/memory/<id>/restored      it was restored once
///                   lock          held while the images are made
///                   <block>.img   complete when `files` lists it
///                   files         for each its inode, size and times, and the boot that made it
/// ```
///
/// Nothing here is synced, so it is only good until the computer is restarted.
final class FlatCache {
    /// What is written into each machine rather than cached.
    private static final long FEW_BYTES = 8 << 20;

    private static final String FOLDER = "memory";
    private static final String RESTORED = "restored";
    private static final String LOCK = "lock";
    private static final String FILES = "files";
    private static final String ENDING = ".img";
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final System.Logger LOG = System.getLogger(FlatCache.class.getName());

    private final Home home;

    FlatCache(Home home) {
        this.home = home;
    }

    /// The memory to restore a snapshot from: its own, or a flat image of the same.
    ///
    /// @param memory of the snapshot, by block
    Map<String, RamImage> of(String id, Map<String, RamImage> memory) {
        try {
            return differences(memory) <= FEW_BYTES ? memory : cached(id, memory);
        } catch (IOException | StasisException e) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "No flat image of snapshot {0} is made: {1}",
                    id,
                    e.getMessage());
            return memory;
        }
    }

    private static long differences(Map<String, RamImage> memory) throws IOException {
        long bytes = 0;
        for (var image : memory.values()) {
            for (var delta : image.deltas()) {
                bytes += Files.size(delta.file());
            }
        }
        return bytes;
    }

    private Map<String, RamImage> cached(String id, Map<String, RamImage> memory)
            throws IOException {
        var folder = folder().resolve(id);
        if (!Files.exists(folder.resolve(RESTORED))) {
            createFolders(folder);
            Files.writeString(folder.resolve(RESTORED), "");
            return memory;
        }
        var flat = flat(folder, memory);
        if (isWhole(folder, flat)) {
            return flat;
        }
        try (var lock = Flock.tryLock(folder.resolve(LOCK), Flock.Mode.EXCLUSIVE).orElse(null)) {
            if (lock == null) {
                return memory; // somebody makes it just now
            }
            make(folder, memory);
            return flat;
        }
    }

    private static Map<String, RamImage> flat(Path folder, Map<String, RamImage> memory) {
        var flat = new LinkedHashMap<String, RamImage>();
        memory.forEach((block, image) ->
                flat.put(
                        block,
                        image instanceof RamImage.Delta
                                ? new RamImage.Flat(folder.resolve(block + ENDING), image.size())
                                : image));
        return flat;
    }

    private static void make(Path folder, Map<String, RamImage> memory) throws IOException {
        Files.deleteIfExists(folder.resolve(FILES));
        for (var block : memory.entrySet()) {
            if (block.getValue() instanceof RamImage.Delta delta) {
                var aside = folder.resolve(block.getKey() + ".new");
                Files.deleteIfExists(aside);
                delta.flattenTo(aside);
                Files.move(
                        aside,
                        folder.resolve(block.getKey() + ENDING),
                        StandardCopyOption.ATOMIC_MOVE);
            }
        }
        var aside = folder.resolve(FILES + ".new");
        Files.writeString(aside, identity(folder, flat(folder, memory)));
        Files.move(aside, folder.resolve(FILES), StandardCopyOption.ATOMIC_MOVE);
    }

    private static boolean isWhole(Path folder, Map<String, RamImage> flat) throws IOException {
        try {
            return Files.readString(folder.resolve(FILES)).equals(identity(folder, flat));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /// What tells the files from any that were changed since: no change of a file through the file
    /// system leaves its change time as it was.
    private static String identity(Path folder, Map<String, RamImage> flat) throws IOException {
        var lines = new ArrayList<>(List.of(Files.readString(BOOT).strip()));
        for (var image : flat.values()) {
            var file = image.flat().file();
            if (file.startsWith(folder)) {
                var facts =
                        Files.readAttributes(
                                file,
                                "unix:ino,size,lastModifiedTime,ctime",
                                LinkOption.NOFOLLOW_LINKS);
                lines.add(
                        file.getFileName()
                                + facts.entrySet().stream()
                                        .sorted(Map.Entry.comparingByKey())
                                        .map(fact -> " " + fact.getKey() + "=" + fact.getValue())
                                        .collect(Collectors.joining()));
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private Path folder() {
        return home.cacheFolder().resolve(FOLDER);
    }

    private static void createFolders(Path folder) throws IOException {
        Files.createDirectories(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /// What is cached for a snapshot, in bytes on disk.
    long bytes(String id) {
        long bytes = 0;
        try (var files = Files.newDirectoryStream(folder().resolve(id), "*" + ENDING)) {
            for (var file : files) {
                bytes += SparseFiles.dataBytes(file);
            }
        } catch (IOException e) {
            return bytes; // nothing is cached, or it is just being dropped
        }
        return bytes;
    }

    /// Drops what is cached for snapshots that can't be restored any more, and are not just being.
    void dropUnused() {
        try (var folders = Files.newDirectoryStream(folder())) {
            for (var folder : folders) {
                var id = String.valueOf(folder.getFileName());
                if (!home.snapshots().restorable(id) && !isBeingRestored(id)) {
                    drop(folder);
                }
            }
        } catch (NoSuchFileException e) {
            // Nothing was ever cached.
        } catch (IOException | StasisException e) {
            LOG.log(System.Logger.Level.INFO, "flat images stay: {0}", e.getMessage());
        }
    }

    private boolean isBeingRestored(String id) {
        return home.sandboxes().list().stream()
                .anyMatch(record ->
                        record.state() == SandboxRecord.State.CREATING
                                && id.equals(record.layers().memoryBase()));
    }

    private static void drop(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
