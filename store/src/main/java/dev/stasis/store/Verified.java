package dev.stasis.store;

import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Which files of a snapshot were digested and found right, and what they looked like then:
/// `.verified` in its folder, a [Sealed] file of at most 1 MiB. A file that still looks so is not
/// digested again by a restore. It is kept outside the manifest, since a home that was copied is as
/// good as the original; when it is lost, files are digested once more.
///
/// ```
/// 3f0c…
/// { "format": 1, "id": "…",
///   "files": { "ram.img": "<inode> <size> <modified> <changed>" } }
/// ```
final class Verified {
    static final String FILE = ".verified";

    /// The coarsest clock of a file system that matters. What was changed within it before the
    /// reading began could be changed again without it showing.
    private static final Duration CLOCK = Duration.ofMillis(50);

    private static final System.Logger LOG = System.getLogger(Verified.class.getName());
    private static final int FORMAT = 1;
    private static final int LIMIT_BYTES = 1 << 20;

    private final Home home;
    private final String id;
    private final Map<String, String> files = new HashMap<>();

    private Verified(Home home, String id) {
        this.home = home;
        this.id = id;
    }

    /// What is known of a snapshot. A file that is missing or damaged knows nothing.
    static Verified of(Home home, String id) throws IOException {
        var verified = new Verified(home, id);
        Path file = home.snapshotFolder(id).resolve(FILE);
        try {
            byte[] content = Sealed.open(file, Document.readBytes(file, LIMIT_BYTES));
            var document = Document.parse(file.toString(), content);
            document.checkFormat(FORMAT);
            if (document.text("id").equals(id)) {
                verified.files.putAll(document.texts("files"));
            }
        } catch (NoSuchFileException | StasisException e) {
            return new Verified(home, id);
        }
        return verified;
    }

    /// Whether a file is the one that was found right.
    boolean isSame(Path file) throws IOException {
        String known = files.get(String.valueOf(file.getFileName()));
        return known != null && known.equals(Look.at(file).toString());
    }

    /// Reads a file that nobody writes to, and remembers what it looked like.
    ///
    /// @param reading computes its digest
    /// @param expected what that should be; null = whatever it is, is right
    Digest read(Path file, Reading reading, @Nullable Digest expected) throws IOException {
        var before = Look.at(file);
        before.letTheClockGoOn();
        var digest = reading.digest(file);
        String name = String.valueOf(file.getFileName());
        if ((expected == null || digest.equals(expected)) && before.equals(Look.at(file))) {
            files.put(name, before.toString());
        } else {
            files.remove(name);
        }
        return digest;
    }

    /// Keeps what is known. When that can't be written, files are digested once more.
    void keep() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("format", FORMAT);
        tree.put("id", id);
        tree.put("files", new TreeMap<>(files));
        byte[] content = Document.write("What is known of " + id, tree, LIMIT_BYTES - 100);
        try {
            home.disk()
                    .write(
                            home.snapshotFolder(id).resolve(FILE),
                            Sealed.seal(content),
                            Durability.UNSYNCED);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0} is not remembered: {1}", FILE, e.toString());
        }
    }

    /// Computes the digest of a file.
    interface Reading {
        Digest digest(Path file) throws IOException;
    }

    /// What a file looks like from outside.
    private record Look(long inode, long size, Instant modified, Instant changed) {
        static Look at(Path file) throws IOException {
            var found =
                    Files.readAttributes(
                            file,
                            "unix:ino,size,lastModifiedTime,ctime",
                            LinkOption.NOFOLLOW_LINKS);
            return new Look(
                    ((Number) value(found, "ino")).longValue(),
                    ((Number) value(found, "size")).longValue(),
                    ((FileTime) value(found, "lastModifiedTime")).toInstant(),
                    ((FileTime) value(found, "ctime")).toInstant());
        }

        private static Object value(Map<String, Object> attributes, String name) {
            return Objects.requireNonNull(attributes.get(name), name);
        }

        void letTheClockGoOn() throws IOException {
            var left = Duration.between(Instant.now(), changed.plus(CLOCK));
            if (left.isPositive()) {
                try {
                    Thread.sleep(left.compareTo(CLOCK) > 0 ? CLOCK : left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted before a file was read", e);
                }
            }
        }

        @Override
        public String toString() {
            return "%d %d %s %s".formatted(inode, size, modified, changed);
        }
    }
}
