package dev.stasis.store;

import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Every change that the store makes to its files. Nothing else in this package writes, renames,
/// links, deletes or syncs, so a test that replaces this class sees, fails or loses any of them.
class Disk {
    static final String TEMPORARY_PREFIX = ".tmp-";

    /// Creates a folder of mode 0700.
    void createFolder(Path folder) throws IOException {
        Files.createDirectory(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /// Makes a file have a content, so that anyone who opens it finds the old one or the new one
    /// whole: writes aside in the same folder, then renames. With {@link Durability#SYNCED} the new
    /// content and its name are on disk at return.
    void write(Path file, byte[] content, Durability durability) throws IOException {
        Path aside = file.resolveSibling(TEMPORARY_PREFIX + Ids.next());
        try {
            writeNew(aside, content, durability);
            rename(aside, file);
        } catch (IOException e) {
            Files.deleteIfExists(aside);
            throw e;
        }
        if (durability == Durability.SYNCED) {
            sync(parent(file));
        }
    }

    /// Writes a file that does not exist, of mode 0600.
    void writeNew(Path file, byte[] content, Durability durability) throws IOException {
        try (var channel =
                FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            var bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            if (durability == Durability.SYNCED) {
                channel.force(true);
            }
        }
    }

    /// Makes a file that is one hole, of mode 0600, to be written by {@link #write(FileChannel,
    /// ByteBuffer, long)}.
    FileChannel createSparse(Path file, long bytes) throws IOException {
        SparseFiles.create(file, bytes);
        return FileChannel.open(file, StandardOpenOption.WRITE);
    }

    /// Writes into a file.
    ///
    /// @param at where
    void write(FileChannel file, ByteBuffer content, long at) throws IOException {
        for (long offset = at; content.hasRemaining(); ) {
            offset += file.write(content, offset);
        }
    }

    /// Renames a file or folder within the home; a file that has the new name is replaced.
    void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Gives a file a second name.
    void link(Path existing, Path link) throws IOException {
        Files.createLink(link, existing);
    }

    /// Restricts a file or folder to its owner, who can do with it what he could.
    void restrict(Path file) throws IOException {
        var mode = EnumSet.of(PosixFilePermission.OWNER_READ);
        mode.addAll(Files.getPosixFilePermissions(file));
        mode.removeIf(permission -> !permission.name().startsWith("OWNER_"));
        if (Files.isDirectory(file)) {
            mode.addAll(PosixFilePermissions.fromString("rwx------"));
        }
        Files.setPosixFilePermissions(file, mode);
    }

    /// Puts the content of a file, or the names in a folder, on disk.
    void sync(Path fileOrFolder) throws IOException {
        try (var channel = FileChannel.open(fileOrFolder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Deletes a file if it is there.
    void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    /// Deletes a folder and everything in it, if it is there; follows no link. Two may do this to
    /// the same folder at once.
    void deleteTree(Path folder) throws IOException {
        try {
            Files.walkFileTree(folder, new Deletion());
        } catch (NoSuchFileException e) {
            // Somebody else was faster.
        }
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " has no folder");
        }
        return parent;
    }

    private final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
                throws IOException {
            if (e != null && !(e instanceof NoSuchFileException)) {
                throw e;
            }
            delete(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
