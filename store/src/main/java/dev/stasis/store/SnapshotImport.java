package dev.stasis.store;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Receives what {@link SnapshotExport} wrote, from anybody. Every file is received aside, compared
/// with its digest and synced before anything is published, see [ArchivePublication]; a crash at
/// any point leaves the whole snapshot under its name, or nothing after the next open of the home.
/// Nothing is held in memory, and zeros become holes. For one thread at a time.
public final class SnapshotImport {
    private static final int BUFFER_BYTES = 256 << 10;

    /// Needs 128 MiB of memory to read; the usual archive needs 2.
    private static final int LARGEST_WINDOW_LOG = 27;

    private final Home home;

    public SnapshotImport(Home home) {
        this.home = home;
    }

    /// What the composing module has to say about an import.
    public interface Receiver {
        /// Refuses an archive by throwing, before its content is read.
        void check(SnapshotArchive archive);

        /// Refuses a layer of a disk by throwing, such as one that lies on a file of this computer.
        ///
        /// @param file the layer, which nobody uses yet
        /// @param beneath the snapshot whose layer it lies on; null = it lies on nothing
        void checkDisk(Path file, @Nullable String beneath);

        /// Gives the set-up that the snapshot has in this home. It is called when all that the
        /// archive holds has been received and found right.
        ///
        /// @param image the file of the root file system, which may be moved away; null = the
        ///   archive has none
        Setup place(SnapshotArchive archive, @Nullable Path image);
    }

    /// Imports. When that returns, the snapshot survives the loss of power.
    ///
    /// @param in read to its end; not closed
    /// @param name the name it gets; null = the one in the archive
    /// @return its id
    /// @throws StasisException with {@link ErrorCode#ARCHIVE_INVALID} when it is damaged, cut off
    ///   or something else; {@link ErrorCode#SNAPSHOT_NOT_FOUND} when it needs one that is not
    ///   here; {@link ErrorCode#NAME_TAKEN}, {@link ErrorCode#DISK_FULL}, or what the receiver
    ///   throws; nothing was imported then
    public String read(InputStream in, @Nullable String name, Receiver receiver) {
        try (var zstd = new ZstdInputStreamNoFinalizer(new Unclosed(in))) {
            zstd.setLongMax(LARGEST_WINDOW_LOG);
            var feed = new TarFeed(new BufferedInputStream(zstd, BUFFER_BYTES));
            byte[] header = header(feed);
            var archive = SnapshotArchive.read(header);
            String called = called(archive, name);
            try (var publication = ArchivePublication.begin(home, archive, called);
                    var staging = ArchiveStaging.begin(home)) {
                receiver.check(archive);
                requireSpace(archive);
                receive(archive, feed, staging, publication);
                requireEnd(feed, header);
                checkDisks(archive, staging, receiver);
                var setup = receiver.place(archive, image(archive, staging));
                publication.publish(staging, setup);
            }
            home.snapshots().collect(); // What is here already may lie on less than the archive's.
            return archive.id();
        } catch (IOException e) {
            throw Failures.of("Importing a snapshot into " + home.root(), e);
        }
    }

    private static byte[] header(TarFeed feed) throws IOException {
        var entry = feed.next();
        if (!entry.name().equals(SnapshotArchive.HEADER)) {
            throw TarFeed.invalid(
                    "'%s' where '%s' should be"
                            .formatted(Names.shown(entry.name()), SnapshotArchive.HEADER));
        }
        return feed.small(entry, SnapshotArchive.LIMIT_BYTES);
    }

    private static String called(SnapshotArchive archive, @Nullable String name) {
        String called = name == null ? archive.name() : name;
        if (called == null) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Snapshot %s had no name when it was exported: say which name it gets"
                            .formatted(archive.id()));
        }
        return Names.check("snapshot", called);
    }

    private void requireSpace(SnapshotArchive archive) throws IOException {
        long free = Files.getFileStore(home.root()).getUsableSpace();
        if (archive.bytes() > free) {
            throw new StasisException(
                    ErrorCode.DISK_FULL,
                    "Snapshot %s takes up to %s and the disk of %s has %s left: free some space, or choose a home on another disk"
                            .formatted(
                                    archive.id(),
                                    ByteSize.ofMebibytes((archive.bytes() >> 20) + 1),
                                    home.root(),
                                    ByteSize.ofMebibytes(free >> 20)));
        }
    }

    private static void receive(
            SnapshotArchive archive,
            TarFeed feed,
            ArchiveStaging staging,
            ArchivePublication publication)
            throws IOException {
        feed.limit(archive.bytes());
        for (SnapshotManifest snapshot : archive.snapshots()) {
            for (StoredFile file : snapshot.files()) {
                boolean wanted = !publication.isHere(snapshot.id(), file.part());
                receive(snapshot.id(), file, feed, wanted ? staging : null);
            }
        }
        if (archive.image().included()) {
            receive(ArchivePublication.IMAGE, archive.image().file(), feed, staging);
        }
    }

    private static void checkDisks(
            SnapshotArchive archive, ArchiveStaging staging, Receiver receiver) {
        for (SnapshotManifest snapshot : archive.snapshots()) {
            for (StoredFile file : snapshot.files(Part.DISK)) {
                Path path = staging.folder(snapshot.id()).resolve(file.name());
                if (Files.exists(path)) {
                    receiver.checkDisk(path, snapshot.diskBase());
                }
            }
        }
    }

    private static void receive(
            String owner, StoredFile file, TarFeed feed, @Nullable ArchiveStaging staging)
            throws IOException {
        String expected = owner + "/" + file.name();
        var entry = feed.next();
        if (!entry.name().equals(expected) || entry.size() != file.size()) {
            throw TarFeed.invalid(
                    "'%s' of %d bytes where '%s' of %d bytes should be"
                            .formatted(
                                    Names.shown(entry.name()),
                                    entry.size(),
                                    expected,
                                    file.size()));
        }
        var found =
                staging == null
                        ? ArchiveStaging.pass(file, feed, entry)
                        : staging.receive(owner, file, feed, entry);
        if (!found.equals(file.digest())) {
            throw TarFeed.invalid(
                    "another content of %s: its digest is %s and should be %s"
                            .formatted(expected, found, file.digest()));
        }
    }

    private static void requireEnd(TarFeed feed, byte[] header) throws IOException {
        var entry = feed.next();
        byte[] line = SnapshotExport.digestLine(header);
        boolean right =
                entry.name().equals(SnapshotArchive.DIGEST)
                        && Arrays.equals(feed.small(entry, line.length), line);
        if (!right) {
            throw TarFeed.invalid(
                    "'%s' of another content than %s has"
                            .formatted(Names.shown(entry.name()), SnapshotArchive.HEADER));
        }
        feed.end();
    }

    private static @Nullable Path image(SnapshotArchive archive, ArchiveStaging staging) {
        var image = archive.image();
        return image.included()
                ? staging.folder(ArchivePublication.IMAGE).resolve(image.file().name())
                : null;
    }

    /// Passes everything on but the end.
    private static final class Unclosed extends FilterInputStream {
        Unclosed(InputStream in) {
            super(in);
        }

        @Override
        public void close() {}
    }
}
