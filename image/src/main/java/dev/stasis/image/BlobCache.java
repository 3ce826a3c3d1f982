package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;

/// Layers on their way from a registry into an image. They are not kept when the image is made;
/// those of a pull that was interrupted are, so that the next one goes on where it ended.
///
/// ```
/// <digest>          a whole layer, verified
/// <digest>.part     the beginning of one
/// <digest>.lock     locked by whoever fetches it
/// in-use            locked, shared, by whoever makes an image; alone by whoever deletes
/// ```
final class BlobCache {
    private static final String PART = ".part";
    private static final String LOCK = ".lock";
    private static final String IN_USE = "in-use";
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path folder;

    BlobCache(Path folder) {
        this.folder = folder;
    }

    /// Where a layer comes from.
    interface Remote {
        /// Begins to read it.
        ///
        /// @param from how many bytes to leave out; a remote that can't leaves out none
        Arriving open(long from) throws IOException;
    }

    /// A layer that arrives.
    ///
    /// @param content its bytes
    /// @param from which byte of it comes first
    record Arriving(InputStream content, long from) {}

    /// Keeps what is here from being deleted until it is closed.
    Flock use(Duration atMost) throws IOException {
        create();
        return Flock.lock(folder.resolve(IN_USE), Flock.Mode.SHARED, atMost)
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.BUSY,
                                "Another process cleans up %s and did not finish within %s: try again"
                                        .formatted(folder, atMost)));
    }

    private void create() throws IOException {
        Files.createDirectories(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    Path file(Descriptor layer) {
        return folder.resolve(layer.digest());
    }

    boolean has(Descriptor layer) throws IOException {
        Path file = file(layer);
        return Files.isRegularFile(file) && Files.size(file) == layer.size();
    }

    /// Locks a layer for whoever fetches it.
    Flock lock(Descriptor layer, Deadline deadline) throws IOException {
        return Flock.lock(
                        folder.resolve(layer.digest() + LOCK),
                        Flock.Mode.EXCLUSIVE,
                        deadline.left())
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.BUSY,
                                "Another process fetches layer %s and did not finish within %s: wait for it, or end it"
                                        .formatted(layer.shortDigest(), deadline.given())));
    }

    /// Fetches a layer, or the rest of it. The caller holds its lock. What arrived before a failure
    /// stays.
    ///
    /// @param name what it is, for messages
    /// @param progress told how many bytes of it are there
    /// @throws IOException when it ends too early
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID} when it is not what its digest
    ///   says; nothing of it stays then
    void fetch(Descriptor layer, String name, Remote remote, LongConsumer progress)
            throws IOException {
        Path part = folder.resolve(layer.digest() + PART);
        try (var file =
                FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            if (file.size() > layer.size()) {
                file.truncate(0);
            }
            var digest = Digests.sha256();
            long there = digested(file, digest);
            progress.accept(there);
            if (there < layer.size()) {
                receive(layer, remote.open(there), new Target(file, digest, there), progress);
            }
            verify(layer, name, digest, part);
        }
        Files.move(part, file(layer), StandardCopyOption.ATOMIC_MOVE);
    }

    private record Target(FileChannel file, MessageDigest digest, long there) {}

    private static void receive(
            Descriptor layer, Arriving arriving, Target target, LongConsumer progress)
            throws IOException {
        long at = target.there;
        try (var content = arriving.content()) {
            if (arriving.from() != at) {
                at = 0;
                target.file.truncate(0);
                target.digest.reset();
            }
            byte[] buffer = new byte[BUFFER_BYTES];
            while (at < layer.size()) {
                int most = (int) Math.min(buffer.length, layer.size() - at);
                int count = content.read(buffer, 0, most);
                if (count < 0) {
                    throw new IOException(
                            "it ended after %d of %d bytes".formatted(at, layer.size()));
                }
                target.digest.update(buffer, 0, count);
                var bytes = ByteBuffer.wrap(buffer, 0, count);
                while (bytes.hasRemaining()) {
                    target.file.write(bytes, at + bytes.position());
                }
                at += count;
                progress.accept(at);
            }
        }
    }

    private static long digested(FileChannel file, MessageDigest digest) throws IOException {
        var buffer = ByteBuffer.allocate(BUFFER_BYTES);
        long at = 0;
        for (int count = file.read(buffer, at); count > 0; count = file.read(buffer, at)) {
            digest.update(buffer.flip());
            buffer.clear();
            at += count;
        }
        return at;
    }

    private static void verify(Descriptor layer, String name, MessageDigest digest, Path part)
            throws IOException {
        String found = Digests.hex(digest);
        if (!found.equals(layer.digest())) {
            Files.delete(part);
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "Layer sha256:%s of %s arrived with the digest sha256:%s: what the registry sends is damaged or forged; try again, or tell who runs it"
                            .formatted(layer.digest(), name, found));
        }
    }

    /// Deletes layers that went into an image, unless somebody else makes one.
    void discard(List<Descriptor> layers) throws IOException {
        clean(file -> layers.stream().anyMatch(l -> fileName(file).startsWith(l.digest())));
    }

    /// Deletes what nobody has touched since a point in time, unless somebody makes an image.
    ///
    /// @return how many bytes that were
    long clean(Instant since) throws IOException {
        return clean(file -> Files.getLastModifiedTime(file).toInstant().isBefore(since));
    }

    private interface Choice {
        boolean takes(Path file) throws IOException;
    }

    private long clean(Choice choice) throws IOException {
        long bytes = 0;
        try (var use = Flock.tryLock(folder.resolve(IN_USE), Flock.Mode.EXCLUSIVE).orElse(null)) {
            if (use == null) {
                return 0;
            }
            for (Path file : ImageFolders.entries(folder)) {
                if (!fileName(file).equals(IN_USE) && choice.takes(file)) {
                    bytes += Files.size(file);
                    Files.delete(file);
                }
            }
        } catch (NoSuchFileException e) {
            // There is none.
        }
        return bytes;
    }

    private static String fileName(Path file) {
        return String.valueOf(file.getFileName());
    }
}
