package dev.stasis.store;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DataRange;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Writes a snapshot and all that it lies on into one stream, see [SnapshotArchive]. The snapshot
/// is kept meanwhile; nothing is held in memory, holes are not read, and each file is compared with
/// its digest while it passes by. For one thread at a time.
public final class SnapshotExport {
    private static final System.Logger LOG = System.getLogger(SnapshotExport.class.getName());
    private static final int BUFFER_BYTES = 256 << 10;

    private static final int LEVEL = 3;
    private static final int MOST_WORKERS = 4;

    private final Home home;

    private final Layers layers;

    /// What the composing module knows about disks.
    public interface Layers {
        /// Writes the lowest layer of a disk, which may lie on a file outside of all snapshots, as
        /// one that lies on nothing.
        ///
        /// @param target must not exist
        /// @return false when the layer lies on nothing already; then nothing was written
        boolean writeAlone(Path layer, Path target) throws IOException;
    }

    /// @param layers how disks are made to stand alone
    public SnapshotExport(Home home, Layers layers) {
        this.home = home;
        this.layers = layers;
    }

    /// What goes along with a snapshot.
    ///
    /// @param name the name under which it is to be imported; null = none
    /// @param since a snapshot that whoever imports has already, by its id; null = none
    /// @param image the root file system
    public record Along(@Nullable String name, @Nullable String since, Root image) {}

    /// The root file system.
    ///
    /// @param file its file
    /// @param included whether it goes along
    /// @param record what is to be known of it: see {@link SnapshotArchive.Image}
    public record Root(Path file, boolean included, Map<String, Object> record) {
        /// Copies.
        public Root {
            record = Map.copyOf(record);
        }
    }

    /// Writes the archive into a file that only its owner can read: aside, then in place of what
    /// has its name. What is no plain file, such as a pipe, is written to.
    ///
    /// @throws StasisException as {@link #write(String, Along, OutputStream)}, and with {@link
    ///   ErrorCode#DISK_FULL}
    public void write(String id, Along along, Path file) {
        String what = "Writing " + file;
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            try (var out = Files.newOutputStream(file)) {
                write(id, along, out);
                return;
            } catch (IOException e) {
                throw Failures.of(what, e);
            }
        }
        Path aside = file.resolveSibling("." + file.getFileName() + "." + Ids.next() + ".part");
        try {
            home.disk().writeNew(aside, new byte[0], Durability.UNSYNCED);
            try (var out = Files.newOutputStream(aside)) {
                write(id, along, out);
            }
            home.disk().sync(aside);
            home.disk().rename(aside, file);
        } catch (IOException e) {
            throw Failures.of(what, e);
        } finally {
            delete(aside);
        }
    }

    private void delete(Path aside) {
        try {
            home.disk().delete(aside);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "{0} could not be removed: {1}", aside, e);
        }
    }

    /// Writes the archive. When it fails, what was written so far is refused by every import.
    ///
    /// @param id the snapshot
    /// @param out is not closed
    /// @throws StasisException with {@link ErrorCode#SNAPSHOT_NOT_FOUND}, {@link
    ///   ErrorCode#STORE_DAMAGED} naming the file, or {@link ErrorCode#IO_FAILED} when the stream
    ///   can't be written
    public void write(String id, Along along, OutputStream out) {
        var snapshotStore = home.snapshots();
        if (!snapshotStore.restorable(id)) {
            throw SnapshotStore.notFound(id);
        }
        try (var _ = snapshotStore.pin(id).orElseThrow(() -> SnapshotStore.notFound(id));
                var aside = ArchiveStaging.begin(home)) {
            digest(id);
            var plan = ExportPlan.of(home, id, along.since, layer -> alone(layer, aside));
            var root = along.image;
            var image = new SnapshotArchive.Image(imageFile(root.file), root.included, root.record);
            long imageBytes =
                    root.included ? ArchivedRanges.bytes(root.file, image.file().size()) : 0;
            var archive =
                    new SnapshotArchive(
                            id,
                            along.name,
                            snapshotStore.labels(id),
                            plan.snapshots(),
                            plan.needed(),
                            image,
                            plan.bytes() + imageBytes);
            write(archive, plan, root.file, out);
        } catch (IOException e) {
            throw Failures.of("Exporting snapshot " + id, e);
        }
    }

    private Optional<Path> alone(Path layer, ArchiveStaging aside) throws IOException {
        Path target = aside.folder(Ids.next());
        return layers.writeAlone(layer, target) ? Optional.of(target) : Optional.empty();
    }

    /// Every file has a digest once this is done.
    private void digest(String id) throws IOException {
        var hardening = new Hardening(home);
        hardening.harden(home.snapshots().verify(id));
        try (var _ = home.lock("export snapshot " + id)) {
            hardening.writeManifests();
        }
    }

    private static StoredFile imageFile(Path root) throws IOException {
        String name = SnapshotArchive.Image.FILE;
        return new StoredFile(name, Part.DISK, Files.size(root), true, Digests.of(root));
    }

    private static void write(
            SnapshotArchive archive, ExportPlan plan, Path image, OutputStream out)
            throws IOException {
        try (var zstd = new ZstdOutputStreamNoFinalizer(new Unclosed(out), LEVEL)) {
            zstd.setChecksum(true);
            zstd.setWorkers(Math.min(MOST_WORKERS, Runtime.getRuntime().availableProcessors()));
            var buffered = new BufferedOutputStream(zstd, BUFFER_BYTES);
            var tar = new TarSink(buffered, archive.snapshot().created().getEpochSecond());
            byte[] header = archive.toBytes();
            tar.file(SnapshotArchive.HEADER, header);
            for (SnapshotManifest snapshot : archive.snapshots()) {
                for (StoredFile file : snapshot.files()) {
                    Path path = plan.source(snapshot.id(), file);
                    copy(path, snapshot.id() + "/" + file.name(), file, tar);
                }
            }
            if (archive.image().included()) {
                var file = archive.image().file();
                copy(image, "image/" + file.name(), file, tar);
            }
            tar.file(SnapshotArchive.DIGEST, digestLine(header));
            tar.end();
            buffered.flush();
        }
        out.flush();
    }

    /// What `sha256sum -c` reads.
    static byte[] digestLine(byte[] header) {
        String line = Digests.hex(header) + "  " + SnapshotArchive.HEADER + "\n";
        return line.getBytes(StandardCharsets.US_ASCII);
    }

    private static void copy(Path path, String entry, StoredFile file, TarSink tar)
            throws IOException {
        var expected = Objects.requireNonNull(file.digest());
        var digest = new PassingDigest(expected.scheme(), file.size());
        var ranges = ArchivedRanges.of(path, file.size());
        tar.begin(entry, file.size(), ranges);
        byte[] buffer = new byte[BUFFER_BYTES];
        long at = 0;
        try (var channel =
                FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            for (DataRange range : ranges) {
                digest.zeros(range.offset() - at);
                for (at = range.offset(); at < range.end(); ) {
                    int length = (int) Math.min(buffer.length, range.end() - at);
                    int read = channel.read(ByteBuffer.wrap(buffer, 0, length), at);
                    if (read < 0) {
                        throw Failures.damaged(path + " became shorter while it was exported");
                    }
                    digest.data(buffer, 0, read);
                    tar.data(buffer, read);
                    at += read;
                }
            }
        }
        digest.zeros(file.size() - at);
        tar.finish();
        if (!digest.digest().equals(expected)) {
            throw Failures.damaged(
                    "%s was changed: its digest is not %s; what was exported can't be imported"
                            .formatted(path, expected));
        }
    }

    /// Passes everything on but the end.
    private static final class Unclosed extends FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            out.write(buffer, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
