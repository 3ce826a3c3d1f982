package dev.stasis.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/// What a name of a snapshot points to, in `snapshots/names/<name>`: a [Sealed] file of at most 1
/// KiB.
///
/// ```
/// 3f0c…
/// { "format": 2, "id": "…", "manifest": "…", "expires": "2026-01-31T12:00:00Z" }
/// ```
///
/// In format 1 it was the id and nothing else.
///
/// @param id the id of the snapshot
/// @param manifest the SHA-256 of its manifest, which never changes while a name points to it
/// @param expires when it may be pruned
record NameRecord(String id, @Nullable String manifest, @Nullable Instant expires) {
    private static final int FORMAT = 2;
    private static final int LIMIT_BYTES = 1 << 10;

    NameRecord {
        if (!Ids.isId(id) || (manifest != null && !Digest.isHex(manifest))) {
            throw new IllegalArgumentException("id " + Names.shown(id));
        }
    }

    static NameRecord read(Path file) throws IOException {
        byte[] content = Document.readBytes(file, LIMIT_BYTES);
        String text = new String(content, StandardCharsets.UTF_8).strip();
        if (Ids.isId(text)) {
            return new NameRecord(text, null, null);
        }
        if (text.length() < Digests.hex(new byte[0]).length()) {
            throw Failures.damaged(
                    "%s should hold the id of a snapshot and holds '%s'"
                            .formatted(file, Names.shown(text)));
        }
        var document = Document.parse(file.toString(), Sealed.open(file, content));
        document.checkFormat(FORMAT);
        return document.as(tree ->
                new NameRecord(
                        tree.text("id"),
                        tree.text("manifest"),
                        tree.textOrNull("expires") == null ? null : tree.instant("expires")));
    }

    byte[] toBytes() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("format", FORMAT);
        tree.put("id", id);
        if (manifest != null) {
            tree.put("manifest", manifest);
        }
        if (expires != null) {
            tree.put("expires", expires.toString());
        }
        return Sealed.seal(Document.write("The name of snapshot " + id, tree, LIMIT_BYTES - 100));
    }
}
