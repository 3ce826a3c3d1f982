package dev.stasis.store;

import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Which files of a snapshot were digested and found right, and what they looked like then:
/// `.verified` in its folder, a [Sealed] file of at most 1 MiB. A file that still looks so is not
/// digested again by a restore. What was written a moment ago could still be changed without it
/// showing: a large file is digested when that is over, a small one at once, and again by the next
/// restore. It is kept outside the manifest, since a home that was copied is as good as the
/// original; when it is lost, files are digested once more.
///
/// ```
/// 3f0c…
/// { "format": 1, "id": "…",
///   "files": { "ram.img": "<inode> <size> <modified> <changed>" } }
/// ```
final class Verified {
    static final String FILE = ".verified";

    private static final System.Logger LOG = System.getLogger(Verified.class.getName());
    private static final int FORMAT = 1;
    private static final int LIMIT_BYTES = 1 << 20;

    private final Home home;
    private final String id;
    private final Map<String, String> files = new HashMap<>();
    private boolean unkept;

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
        if (before.size() > Staging.SMALL_FILE_BYTES) {
            before.awaitLasting();
        }
        boolean lasting = before.lasts();
        var digest = reading.digest(file);
        boolean right = expected == null || digest.equals(expected);
        note(file, right && lasting && before.equals(Look.at(file)) ? before.toString() : null);
        return digest;
    }

    private void note(Path file, @Nullable String look) {
        String name = String.valueOf(file.getFileName());
        String known = look == null ? files.remove(name) : files.put(name, look);
        unkept |= !Objects.equals(known, look);
    }

    /// Keeps what is known, if that changed. When that can't be written, files are digested once
    /// more.
    void keep() {
        if (!unkept) {
            return;
        }
        unkept = false;
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
}
