package dev.stasis.store;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// What a sandbox's memory and disk lie on, which keeps those snapshots' bytes.
///
/// A capture moves the sandbox's layer into a snapshot while the machine goes on with a new one.
/// `capturing` and `nextDisk` are recorded before that, so that after a crash in between it can be
/// told what the machine may be using.
///
/// @param memoryBase the snapshot whose memory the machine was restored from, or the last one of it
///   that holds all of the memory; none = it booted and has no such one, or it has no machine
/// @param references later snapshots of this machine, the oldest first, of which the newest that
///   still exists is what its next one is told from. They are not kept for that
/// @param diskBase the snapshot whose disk layer the sandbox's own layer lies on; none = an empty
///   disk
/// @param disk the file of its own layer, in its folder
/// @param capturing the id of the snapshot being taken
/// @param nextDisk the file that replaces `disk` by that
public record Layers(
        @Nullable String memoryBase,
        List<String> references,
        @Nullable String diskBase,
        @Nullable String disk,
        @Nullable String capturing,
        @Nullable String nextDisk) {
    /// No layers yet.
    public static final Layers NONE = new Layers(null, List.of(), null, null, null, null);

    /// Checks the ids and file names.
    public Layers {
        requireId(memoryBase);
        references = List.copyOf(references);
        references.forEach(Layers::requireId);
        requireId(diskBase);
        requireId(capturing);
        requireFile(disk);
        requireFile(nextDisk);
    }

    /// A machine that booted with a disk of its own.
    public static Layers booted(String disk) {
        return new Layers(null, List.of(), null, disk, null, null);
    }

    /// A machine restored from a snapshot.
    ///
    /// @param base the snapshot
    /// @param disk the file of the layer on top of that snapshot's
    public static Layers restored(String base, String disk) {
        return new Layers(base, List.of(), base, disk, null, null);
    }

    /// A capture is about to begin.
    ///
    /// @param snapshot the id it will have
    /// @param next the file of the layer that the machine goes on with
    public Layers capturing(String snapshot, String next) {
        return new Layers(memoryBase, references, diskBase, disk, snapshot, next);
    }

    /// The same, told from other snapshots of this machine.
    public Layers withReferences(List<String> other) {
        return new Layers(memoryBase, other, diskBase, disk, capturing, nextDisk);
    }

    /// The capture is published: the machine goes on with the next layer, which lies on the
    /// snapshot's. What is in its memory is told from the snapshot's from now on.
    ///
    /// @param published the snapshot
    public Layers captured(SnapshotManifest published) {
        if (capturing == null || nextDisk == null) {
            throw new IllegalStateException("No capture was begun");
        }
        boolean whole = published.memoryBase() == null;
        var told = new ArrayList<>(whole ? List.<String>of() : references);
        if (!whole) {
            told.add(capturing);
        }
        return new Layers(whole ? capturing : memoryBase, told, capturing, nextDisk, null, null);
    }

    /// The capture did not happen.
    public Layers captureAbandoned() {
        return new Layers(memoryBase, references, diskBase, disk, null, null);
    }

    /// There is no machine any more that maps a snapshot's memory.
    public Layers withoutMemory() {
        return new Layers(null, List.of(), diskBase, disk, capturing, nextDisk);
    }

    SequencedMap<String, Object> tree() {
        var tree = new LinkedHashMap<String, Object>();
        put(tree, "memoryBase", memoryBase);
        if (!references.isEmpty()) {
            tree.put("references", references);
        }
        put(tree, "diskBase", diskBase);
        put(tree, "disk", disk);
        put(tree, "capturing", capturing);
        put(tree, "nextDisk", nextDisk);
        return Collections.unmodifiableSequencedMap(tree);
    }

    static Layers read(Document document) {
        return new Layers(
                document.textOrNull("memoryBase"),
                document.textsOrNone("references"),
                document.textOrNull("diskBase"),
                document.textOrNull("disk"),
                document.textOrNull("capturing"),
                document.textOrNull("nextDisk"));
    }

    private static void put(Map<String, Object> tree, String key, @Nullable String value) {
        if (value != null) {
            tree.put(key, value);
        }
    }

    private static void requireId(@Nullable String id) {
        if (id != null && !Ids.isId(id)) {
            throw new IllegalArgumentException("'" + Names.shown(id) + "' is no id of a snapshot");
        }
    }

    private static void requireFile(@Nullable String name) {
        if (name != null && !Names.isName(name)) {
            throw new IllegalArgumentException(
                    "'" + Names.shown(name) + "' is no file of a sandbox");
        }
    }
}
