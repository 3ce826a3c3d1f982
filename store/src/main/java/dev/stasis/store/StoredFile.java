package dev.stasis.store;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A file of a snapshot, as its manifest lists it.
///
/// @param name its name in the snapshot's folder
/// @param part what it belongs to
/// @param size how long it is, in bytes
/// @param durable whether it was synced
/// @param sha256 its digest in hexadecimal, once it was read for that
public record StoredFile(
        String name, Part part, long size, boolean durable, @Nullable String sha256) {
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    /// Checks the name, the size and the form of the digest.
    public StoredFile {
        if (!isFileName(name)) {
            throw new IllegalArgumentException(
                    "'" + Names.shown(name) + "' is no file of a snapshot");
        }
        if (size < 0) {
            throw new IllegalArgumentException(name + " can't have " + size + " bytes");
        }
        if (sha256 != null && !DIGEST.matcher(sha256).matches()) {
            throw new IllegalArgumentException("'" + Names.shown(sha256) + "' is no digest");
        }
    }

    static boolean isFileName(String name) {
        return Names.isName(name) && !name.equals(SnapshotStore.MANIFEST);
    }

    Map<String, Object> tree() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("name", name);
        tree.put("part", part.name());
        tree.put("size", size);
        tree.put("durable", durable);
        if (sha256 != null) {
            tree.put("sha256", sha256);
        }
        return tree;
    }

    static StoredFile read(Document document) {
        return new StoredFile(
                document.text("name"),
                document.choice("part", Part.class),
                document.number("size"),
                document.flag("durable"),
                document.textOrNull("sha256"));
    }
}
