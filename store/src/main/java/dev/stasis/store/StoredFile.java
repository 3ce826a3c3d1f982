package dev.stasis.store;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A file of a snapshot, as its manifest lists it.
///
/// @param name its name in the snapshot's folder
/// @param part what it belongs to
/// @param size how long it is, in bytes
/// @param durable whether it was synced
/// @param digest its digest, once it was read for that
public record StoredFile(
        String name, Part part, long size, boolean durable, @Nullable Digest digest) {
    /// Checks the name and the size.
    public StoredFile {
        if (!isFileName(name)) {
            throw new IllegalArgumentException(
                    "'" + Names.shown(name) + "' is no file of a snapshot");
        }
        if (size < 0) {
            throw new IllegalArgumentException(name + " can't have " + size + " bytes");
        }
    }

    static boolean isFileName(String name) {
        return Names.isName(name)
                && !name.equals(SnapshotStore.MANIFEST)
                && !name.equals(Replacement.FILE);
    }

    Map<String, Object> tree() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("name", name);
        tree.put("part", part.name());
        tree.put("size", size);
        tree.put("durable", durable);
        if (digest != null) {
            tree.put(digest.scheme().field(), digest.hex());
        }
        return tree;
    }

    static StoredFile read(Document document) {
        return new StoredFile(
                document.text("name"),
                document.choice("part", Part.class),
                document.number("size"),
                document.flag("durable"),
                digest(document));
    }

    private static @Nullable Digest digest(Document document) {
        for (Digest.Scheme scheme : Digest.Scheme.values()) {
            String hex = document.textOrNull(scheme.field());
            if (hex != null) {
                return new Digest(scheme, hex);
            }
        }
        return null;
    }
}
