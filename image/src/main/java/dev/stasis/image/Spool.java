package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Objects;

/// A file of our own for what has to be read more than once, gone when it is closed; when its
/// process is killed, the next opening of the images removes it.
final class Spool implements AutoCloseable {
    private static final int ID_BYTES = 32;
    private static final int BUFFER_BYTES = 1 << 18;

    private final Path folder;
    private final Path lockFile;
    private final Flock lock;

    private Spool(Path folder, Path lockFile, Flock lock) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /// @param images the folder of images
    static Spool create(Path images) throws IOException {
        byte[] random = new byte[ID_BYTES];
        new SecureRandom().nextBytes(random);
        String id = HexFormat.of().formatHex(random);
        Path lockFile = images.resolve(ImageStore.LOCK_PREFIX + id);
        var lock =
                Objects.requireNonNull(
                        Flock.tryLock(lockFile, Flock.Mode.EXCLUSIVE).orElse(null),
                        "Nobody else knows this name");
        Path folder = images.resolve(ImageStore.BUILDING_PREFIX + id);
        ImageFolders.create(folder);
        return new Spool(folder, lockFile, lock);
    }

    Path file() {
        return folder.resolve("spool");
    }

    /// Fills it.
    ///
    /// @param name what it is filled with, for messages
    void fill(String name, InputStream in, ImageLimits limits, Deadline deadline)
            throws IOException {
        try (var out =
                Files.newOutputStream(
                        file(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            long bytes = 0;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                bytes += count;
                if (bytes > limits.content().bytes()) {
                    throw new StasisException(
                            ErrorCode.IMAGE_INVALID,
                            "%s holds more than %s: no image can be made from it"
                                    .formatted(name, limits.content()));
                }
                if (deadline.isPast()) {
                    throw new StasisException(
                            ErrorCode.DEADLINE_EXCEEDED,
                            "%s was not read within %s: %d bytes came; allow more time"
                                    .formatted(name, deadline.given(), bytes));
                }
                out.write(buffer, 0, count);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            ImageFolders.deleteTree(folder);
            Files.deleteIfExists(lockFile);
        }
    }
}
