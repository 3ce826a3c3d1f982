package dev.stasis.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/// The files of an archive while it is made or received: in a folder of its own, that goes when it
/// is closed, or with the next open of the home when this process dies.
final class ArchiveStaging implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ArchiveStaging.class.getName());
    private static final int PAGE_BYTES = 4096;
    private static final byte[] ZEROS = new byte[PAGE_BYTES];

    private final Home home;
    private final Path folder;
    private final StoreLock lock;
    private final Set<String> folders = new HashSet<>();

    private ArchiveStaging(Home home, Path folder, StoreLock lock) {
        this.home = home;
        this.folder = folder;
        this.lock = lock;
    }

    static ArchiveStaging begin(Home home) throws IOException {
        Path folder = home.snapshotsFolder().resolve(Staging.PREFIX + Ids.next());
        return new ArchiveStaging(home, folder, Staging.make(home, folder, "carry a snapshot"));
    }

    /// Where what belongs to one snapshot, or to the image, lies.
    Path folder(String name) {
        return folder.resolve(name);
    }

    /// Whether there are files of it.
    boolean has(String name) {
        return folders.contains(name);
    }

    /// Receives a file that is wanted, and syncs it.
    ///
    /// @return the digest of what came
    Digest receive(String owner, StoredFile file, TarFeed feed, TarFeed.Entry entry)
            throws IOException {
        if (folders.add(owner)) {
            home.disk().createFolder(folder(owner));
        }
        Path path = folder(owner).resolve(file.name());
        var digest = digestOf(file);
        var passed = new Passed(digest);
        try (var channel = home.disk().createSparse(path, file.size())) {
            feed.content(
                    entry,
                    (offset, buffer, length) -> {
                        passed.data(offset, buffer, length);
                        write(channel, offset, buffer, length);
                    });
        }
        home.disk().sync(path);
        return passed.end(file.size());
    }

    /// Reads a file that is there already and not wanted.
    static Digest pass(StoredFile file, TarFeed feed, TarFeed.Entry entry) throws IOException {
        var passed = new Passed(digestOf(file));
        feed.content(entry, passed::data);
        return passed.end(file.size());
    }

    private static PassingDigest digestOf(StoredFile file) {
        return new PassingDigest(Objects.requireNonNull(file.digest()).scheme(), file.size());
    }

    /// Digests what comes with holes.
    private static final class Passed {
        private final PassingDigest digest;
        private long at;

        Passed(PassingDigest digest) {
            this.digest = digest;
        }

        void data(long offset, byte[] buffer, int length) {
            digest.zeros(offset - at);
            digest.data(buffer, 0, length);
            at = offset + length;
        }

        Digest end(long size) {
            digest.zeros(size - at);
            return digest.digest();
        }
    }

    /// Writes what is not zeros; the file is one hole before.
    private void write(FileChannel channel, long offset, byte[] buffer, int length)
            throws IOException {
        int at = 0;
        while (at < length) {
            int from = at;
            while (at < length && !isZero(buffer, at, length)) {
                at += PAGE_BYTES;
            }
            int to = Math.min(at, length);
            if (to > from) {
                home.disk().write(channel, ByteBuffer.wrap(buffer, from, to - from), offset + from);
            }
            while (at < length && isZero(buffer, at, length)) {
                at += PAGE_BYTES;
            }
        }
    }

    private static boolean isZero(byte[] buffer, int at, int length) {
        int end = Math.min(at + PAGE_BYTES, length);
        return Arrays.equals(buffer, at, end, ZEROS, 0, end - at);
    }

    /// Puts the names of all files on disk.
    void sync() throws IOException {
        for (String each : folders) {
            home.disk().sync(folder(each));
        }
    }

    @Override
    public void close() {
        try {
            home.disk().deleteTree(folder);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "{0} could not be removed: {1}", folder, e);
        } finally {
            lock.close();
        }
    }
}
