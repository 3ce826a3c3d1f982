package dev.stasis.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a snapshot's parts are held when that is not as its manifest says any more.
///
/// A manifest never changes once a name points to it. Layers that nobody else needs are folded into
/// the one above them all the same; the file `replaced.json` beside the manifest then lists the
/// part's files and what they lie on in place of the manifest's. The content is the same. It is at
/// most 1 MiB, and [Sealed]:
///
/// ```
/// 3f0c…
/// { "format": 1, "id": "…",
///   "parts": [ { "part": "MEMORY", "base": "…", "files": [ … ] } ] }      files as in a manifest
/// ```
///
/// A part that the manifest has no files of any more is not brought back by it.
///
/// @param parts what is held otherwise
record Replacement(Map<Part, Held> parts) {
    static final String FILE = "replaced.json";

    private static final int FORMAT = 1;
    private static final int LIMIT_BYTES = 1 << 20;
    private static final Replacement NONE = new Replacement(Map.of());

    /// How a part is held.
    ///
    /// @param base the snapshot that the files lie on
    /// @param files all of the part's files
    record Held(@Nullable String base, List<StoredFile> files) {}

    Replacement {
        parts = Map.copyOf(parts);
    }

    /// What the folder of a snapshot has; nothing when there is none.
    static Replacement read(Path folder, String id) throws IOException {
        Path file = folder.resolve(FILE);
        byte[] content;
        try {
            content = Document.readBytes(file, LIMIT_BYTES);
        } catch (NoSuchFileException e) {
            return NONE;
        }
        var document = Document.parse(file.toString(), Sealed.open(file, content));
        document.checkFormat(FORMAT);
        return document.as(tree -> of(tree, id));
    }

    private static Replacement of(Document document, String id) {
        if (!document.text("id").equals(id)) {
            throw document.wrong("id", id, document.text("id"));
        }
        var parts = new EnumMap<Part, Held>(Part.class);
        for (Document part : document.objects("parts")) {
            parts.put(
                    part.choice("part", Part.class),
                    new Held(
                            part.textOrNull("base"),
                            part.objects("files").stream().map(StoredFile::read).toList()));
        }
        return new Replacement(parts);
    }

    /// The same with a part held in another way.
    Replacement with(Part part, Held held) {
        var all = new EnumMap<Part, Held>(Part.class);
        all.putAll(parts);
        all.put(part, held);
        return new Replacement(all);
    }

    /// A manifest with its parts as they are held.
    SnapshotManifest applyTo(SnapshotManifest manifest) {
        var held = manifest;
        for (Part part : Part.values()) {
            var now = parts.get(part);
            if (now != null && manifest.has(part)) {
                held = held.withPart(part, now.base, now.files);
            }
        }
        return held;
    }

    byte[] toBytes(String id) {
        var list = new ArrayList<Map<String, Object>>();
        new EnumMap<>(parts)
                .forEach((part, held) -> {
                    var tree = new LinkedHashMap<String, Object>();
                    tree.put("part", part.name());
                    if (held.base != null) {
                        tree.put("base", held.base);
                    }
                    tree.put("files", held.files.stream().map(StoredFile::tree).toList());
                    list.add(tree);
                });
        var tree = new LinkedHashMap<String, Object>();
        tree.put("format", FORMAT);
        tree.put("id", id);
        tree.put("parts", list);
        return Sealed.seal(Document.write("The parts of snapshot " + id, tree, LIMIT_BYTES - 100));
    }
}
