package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What an archive of a snapshot holds, as its first entry says: `stasis-snapshot.json`, at most 8
/// MiB. The format is described in `docs/snapshot-format.md`.
///
/// @param id the snapshot that it is of
/// @param name the name that the snapshot had; none = it had none
/// @param labels its labels
/// @param snapshots it and what it lies on, itself last; each with the parts that are needed of it
///   and as those are held
/// @param needed what it lies on and is not in the archive
/// @param image the root file system
/// @param bytes what all files have together, without holes
public record SnapshotArchive(
        String id,
        @Nullable String name,
        Map<String, String> labels,
        List<SnapshotManifest> snapshots,
        List<Needed> needed,
        Image image,
        long bytes) {
    static final String HEADER = "stasis-snapshot.json";
    static final String DIGEST = "stasis-snapshot.sha256";
    static final int LIMIT_BYTES = 8 << 20;

    private static final int FORMAT = 1;
    private static final int MOST_SNAPSHOTS = 4096;
    private static final int MOST_FILES = 256;

    /// The largest file that is believed to be one.
    private static final long LARGEST_FILE = 1L << 44;

    /// A part of a snapshot that whoever imports must have already.
    ///
    /// @param id the snapshot
    /// @param part the part
    /// @param files how the part was held where the archive was made
    public record Needed(String id, Part part, List<StoredFile> files) {
        /// Copies.
        public Needed {
            files = List.copyOf(files);
        }
    }

    /// The root file system. A machine goes on with no other one than the very same file.
    ///
    /// @param file its size and digest
    /// @param included whether it is in the archive
    /// @param record what the composing module wants to know of it: a tree of JSON values without
    ///   nulls, not interpreted here
    public record Image(StoredFile file, boolean included, Map<String, Object> record) {
        /// The name of the entry, in the folder `image`.
        static final String FILE = "root.sqfs";

        /// Copies.
        public Image {
            record = Map.copyOf(record);
        }
    }

    /// Checks and copies.
    public SnapshotArchive {
        labels = Map.copyOf(labels);
        snapshots = List.copyOf(snapshots);
        needed = List.copyOf(needed);
        if (snapshots.isEmpty() || snapshots.size() > MOST_SNAPSHOTS || bytes < 0) {
            throw new IllegalArgumentException(
                    "%d snapshots with %d bytes".formatted(snapshots.size(), bytes));
        }
        if (!snapshots.getLast().id().equals(id)) {
            throw new IllegalArgumentException("Its last snapshot is not " + id);
        }
        Names.check("snapshot", name == null ? id : name);
        Labels.check(labels);
        requireSane(image.file);
        requireWhole(snapshots, needed);
    }

    /// The snapshot itself.
    public SnapshotManifest snapshot() {
        return snapshots.getLast();
    }

    private static void requireWhole(List<SnapshotManifest> snapshots, List<Needed> needed) {
        var there = new HashMap<String, Set<Part>>();
        needed.forEach(each -> there.computeIfAbsent(each.id, _ -> new HashSet<>()).add(each.part));
        for (SnapshotManifest snapshot : snapshots) {
            requireSane(snapshot);
            var parts = there.computeIfAbsent(snapshot.id(), _ -> new HashSet<>());
            for (Part part : Part.values()) {
                String base = snapshot.base(part);
                if (base != null && !there.getOrDefault(base, Set.of()).contains(part)) {
                    throw new IllegalArgumentException(
                            "Snapshot %s lies on %s, which does not come before it"
                                    .formatted(snapshot.id(), base));
                }
                if (snapshot.has(part) && !parts.add(part)) {
                    throw new IllegalArgumentException(
                            "Snapshot %s is there twice".formatted(snapshot.id()));
                }
            }
        }
        if (!snapshots.getLast().has(Part.MEMORY) || !snapshots.getLast().has(Part.DISK)) {
            throw new IllegalArgumentException("The snapshot lacks its memory or its disk");
        }
    }

    private static void requireSane(SnapshotManifest snapshot) {
        if (snapshot.files().isEmpty() || snapshot.files().size() > MOST_FILES) {
            throw new IllegalArgumentException(
                    "Snapshot %s has %d files".formatted(snapshot.id(), snapshot.files().size()));
        }
        snapshot.files().forEach(SnapshotArchive::requireSane);
    }

    private static void requireSane(StoredFile file) {
        if (file.digest() == null || file.size() > LARGEST_FILE) {
            throw new IllegalArgumentException(
                    "File %s has no digest, or %d bytes".formatted(file.name(), file.size()));
        }
    }

    byte[] toBytes() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("format", FORMAT);
        tree.put("id", id);
        if (name != null) {
            tree.put("name", name);
        }
        tree.put("labels", new TreeMap<>(labels));
        tree.put("bytes", bytes);
        tree.put("snapshots", snapshots.stream().map(SnapshotManifest::tree).toList());
        tree.put("needed", needed.stream().map(SnapshotArchive::tree).toList());
        tree.put(
                "image",
                Map.of(
                        "file",
                        image.file.tree(),
                        "included",
                        image.included,
                        "record",
                        image.record));
        return Document.write("The settings of snapshot " + id, tree, LIMIT_BYTES);
    }

    private static Map<String, Object> tree(Needed needed) {
        return Map.of(
                "id",
                needed.id,
                "part",
                needed.part.name(),
                "files",
                needed.files.stream().map(StoredFile::tree).toList());
    }

    /// Reads the first entry of an archive, which may come from anybody.
    ///
    /// @throws StasisException with {@link ErrorCode#ARCHIVE_INVALID}
    static SnapshotArchive read(byte[] content) {
        try {
            var document = Document.parse(HEADER, content);
            document.checkFormat(FORMAT);
            return document.as(SnapshotArchive::read);
        } catch (StasisException e) {
            throw new StasisException(
                    ErrorCode.ARCHIVE_INVALID,
                    "This is no archive that can be imported: " + e.getMessage(),
                    e);
        }
    }

    private static SnapshotArchive read(Document document) {
        var snapshots = new ArrayList<SnapshotManifest>();
        for (Document each : document.objects("snapshots")) {
            each.checkFormat(SnapshotManifest.FORMAT);
            snapshots.add(SnapshotManifest.read(each));
        }
        var image = document.object("image");
        return new SnapshotArchive(
                document.text("id"),
                document.textOrNull("name"),
                document.texts("labels"),
                snapshots,
                document.objects("needed").stream().map(SnapshotArchive::needed).toList(),
                new Image(
                        StoredFile.read(image.object("file")),
                        image.flag("included"),
                        image.tree("record")),
                document.number("bytes"));
    }

    private static Needed needed(Document document) {
        return new Needed(
                document.text("id"),
                document.choice("part", Part.class),
                document.objects("files").stream().map(StoredFile::read).toList());
    }
}
