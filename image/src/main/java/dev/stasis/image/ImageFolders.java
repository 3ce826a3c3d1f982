package dev.stasis.image;

import dev.stasis.linux.Flock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/// The folders of images: how one is published, and what is cleared away.
final class ImageFolders {
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private ImageFolders() {}

    static boolean isDigest(String text) {
        return DIGEST.matcher(text).matches();
    }

    static List<String> digests(Path folder) throws IOException {
        return names(folder).stream().filter(ImageFolders::isDigest).toList();
    }

    static void create(Path folder) throws IOException {
        deleteTree(folder);
        Files.createDirectory(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /// Puts the files of a folder on disk and gives it its final name, on disk as well.
    static void publish(Path building, Path target) throws IOException {
        for (String name : names(building)) {
            if (name.equals(ImageStore.ROOT) || name.equals(ImageFile.NAME)) {
                sync(building.resolve(name));
                Files.setPosixFilePermissions(
                        building.resolve(name), PosixFilePermissions.fromString("r--------"));
            } else {
                Files.delete(building.resolve(name));
            }
        }
        sync(building);
        Files.move(building, target, StandardCopyOption.ATOMIC_MOVE);
        sync(target.resolveSibling("."));
    }

    /// Removes what imports of processes that are gone left.
    static void removeLeftovers(Path folder) throws IOException {
        for (String name : names(folder)) {
            if (name.startsWith(ImageStore.BUILDING_PREFIX)) {
                String digest = name.substring(ImageStore.BUILDING_PREFIX.length());
                removeLeftover(folder, digest);
            } else if (name.startsWith(ImageStore.LOCK_PREFIX)) {
                removeLeftover(folder, name.substring(ImageStore.LOCK_PREFIX.length()));
            }
        }
    }

    private static void removeLeftover(Path folder, String digest) throws IOException {
        Path file = folder.resolve(ImageStore.LOCK_PREFIX + digest);
        try (var lock = Flock.tryLock(file, Flock.Mode.EXCLUSIVE).orElse(null)) {
            if (lock != null) {
                deleteTree(folder.resolve(ImageStore.BUILDING_PREFIX + digest));
                Files.deleteIfExists(file);
            }
        }
    }

    /// Deletes a folder and what is in it, if it is there; follows no link.
    static void deleteTree(Path folder) throws IOException {
        try (var entries = Files.walk(folder)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (NoSuchFileException e) {
            // It is not there.
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
        }
    }

    static List<Path> entries(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }

    private static void sync(Path fileOrFolder) throws IOException {
        try (var channel = FileChannel.open(fileOrFolder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
