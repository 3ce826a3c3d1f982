package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a snapshot is. {@link #of} makes one, {@link Staging#publish} adds its files.
///
/// A snapshot is a folder `snapshots/<id>/` with `manifest.json` and the files that the manifest
/// lists. It exists from the moment that the folder has that name. The manifest is at most 1 MiB,
/// and [Sealed]:
///
/// ```
/// 3f0c…
/// { "format": 2, "id": "…", "created": "2026-01-31T12:00:00Z",
///   "source": { "id": "…", "name": "…" },              the sandbox it was taken of
///   "parent": "…",                                     the snapshot before it in its line
///   "memoryBase": "…",  "diskBase": "…",               snapshots whose memory or disk it needs
///   "setup": { "image": { … }, "memory": 536870912, "cpus": 1, "env": { … }, "accelerator": "…",
///              "machine": { … } },                     as in the record of a sandbox
///   "boot": "…",                                       the boot of the computer that wrote it
///   "files": [ { "name": "devices", "part": "MEMORY", "size": 66048, "durable": true,
///                "tree": "…" }, … ] }
/// ```
///
/// A file has a digest once it was read for one: small ones when the snapshot is published, large
/// ones when it gets its first name. A file is durable once it was synced. What is not durable is
/// trusted only until the computer is restarted. Fields without a value are left out. A snapshot
/// whose memory nobody can need any more loses the files of that part.
///
/// `memoryBase` and the files of a part say how the content is held, and that may change while the
/// content does not: see [Replacement]. What is read here is as it is held now. Format 1 was not
/// sealed, had `sha256` in place of `tree` and no `parent`; that is the snapshot whose disk layer
/// this one's was made on.
///
/// @param id its id
/// @param created when it was taken
/// @param source the sandbox it was taken of
/// @param parent the snapshot before it in its line, which may be gone: the last one of its source,
///   or else what that was restored from
/// @param setup what that was set up with
/// @param memoryBase the snapshot that holds the memory which is not in this one's files
/// @param diskBase the snapshot that holds the disk layer beneath this one's
/// @param boot the boot of the computer that wrote it
/// @param files its files
public record SnapshotManifest(
        String id,
        Instant created,
        Source source,
        @Nullable String parent,
        Setup setup,
        @Nullable String memoryBase,
        @Nullable String diskBase,
        String boot,
        List<StoredFile> files) {
    static final int FORMAT = 2;
    static final int LIMIT_BYTES = 1 << 20;

    /// The sandbox that a snapshot was taken of.
    ///
    /// @param id its id
    /// @param name its name
    public record Source(String id, String name) {}

    /// Checks and copies.
    public SnapshotManifest {
        requireId(id);
        requireId(source.id);
        for (String base : new @Nullable String[] {parent, memoryBase, diskBase}) {
            if (base != null) {
                requireId(base);
                if (base.equals(id)) {
                    throw new IllegalArgumentException(id + " can't lie on itself");
                }
            }
        }
        files = List.copyOf(files);
        var names = new HashSet<String>();
        for (StoredFile file : files) {
            if (!names.add(file.name())) {
                throw new IllegalArgumentException(file.name() + " is listed twice");
            }
        }
    }

    /// A manifest of a snapshot about to be published: taken now, without files.
    ///
    /// @param id its id
    /// @param source the sandbox it is taken of, whose layers become its bases
    public static SnapshotManifest of(String id, SandboxRecord source) {
        return new SnapshotManifest(
                id,
                Instant.now(),
                new Source(source.id(), source.name()),
                source.layers().diskBase(),
                source.setup(),
                source.layers().memoryBase(),
                source.layers().diskBase(),
                "",
                List.of());
    }

    /// A manifest of a template about to be published, which is its own source.
    ///
    /// @param id its id
    /// @param setup what was booted
    public static SnapshotManifest ofTemplate(String id, Setup setup) {
        return new SnapshotManifest(
                id,
                Instant.now(),
                new Source(id, "template"),
                null,
                setup,
                null,
                null,
                "",
                List.of());
    }

    /// Whether it is a template, which no sandbox is the source of.
    public boolean isTemplate() {
        return source.id.equals(id);
    }

    /// The same with memory of which another snapshot holds what is not in its own files.
    ///
    /// @param base the id of that snapshot
    public SnapshotManifest withMemoryBase(String base) {
        return new SnapshotManifest(
                id, created, source, parent, setup, base, diskBase, boot, files);
    }

    /// The same with all of the memory in its own files.
    public SnapshotManifest withoutMemoryBase() {
        return new SnapshotManifest(
                id, created, source, parent, setup, null, diskBase, boot, files);
    }

    /// The same with another set-up.
    public SnapshotManifest withSetup(Setup other) {
        return new SnapshotManifest(
                id, created, source, parent, other, memoryBase, diskBase, boot, files);
    }

    SnapshotManifest withFiles(List<StoredFile> other) {
        return new SnapshotManifest(
                id, created, source, parent, setup, memoryBase, diskBase, boot, other);
    }

    /// The same as the first of its line.
    public SnapshotManifest withoutParent() {
        return new SnapshotManifest(
                id, created, source, null, setup, memoryBase, diskBase, boot, files);
    }

    /// The same with a part held otherwise.
    SnapshotManifest withPart(Part part, @Nullable String base, List<StoredFile> held) {
        var all = new ArrayList<StoredFile>();
        files.stream().filter(file -> file.part() != part).forEach(all::add);
        all.addAll(held);
        return new SnapshotManifest(
                id,
                created,
                source,
                parent,
                setup,
                part == Part.MEMORY ? base : memoryBase,
                part == Part.DISK ? base : diskBase,
                boot,
                all);
    }

    SnapshotManifest writtenIn(String currentBoot) {
        return new SnapshotManifest(
                id, created, source, parent, setup, memoryBase, diskBase, currentBoot, files);
    }

    /// Whether it has files of a part.
    public boolean has(Part part) {
        return files.stream().anyMatch(file -> file.part() == part);
    }

    /// Its files of a part.
    public List<StoredFile> files(Part part) {
        return files.stream().filter(file -> file.part() == part).toList();
    }

    /// The snapshot that a part of this one lies on; null = none.
    public @Nullable String base(Part part) {
        return switch (part) {
            case MEMORY -> memoryBase;
            case DISK -> diskBase;
        };
    }

    byte[] toBytes() {
        return Sealed.seal(
                Document.write("The settings of snapshot " + id, tree(), LIMIT_BYTES - 100));
    }

    /// What is in the file.
    Map<String, Object> tree() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("format", FORMAT);
        tree.put("id", id);
        tree.put("created", created.toString());
        tree.put("source", Map.of("id", source.id, "name", source.name));
        if (parent != null) {
            tree.put("parent", parent);
        }
        if (memoryBase != null) {
            tree.put("memoryBase", memoryBase);
        }
        if (diskBase != null) {
            tree.put("diskBase", diskBase);
        }
        tree.put("setup", setup.tree());
        tree.put("boot", boot);
        tree.put("files", files.stream().map(StoredFile::tree).toList());
        return tree;
    }

    /// Reads the manifest in a snapshot's folder.
    ///
    /// @throws java.nio.file.NoSuchFileException when there is none
    /// @throws dev.stasis.StasisException with STORE_DAMAGED when it is no valid one
    static SnapshotManifest read(Path folder) throws IOException {
        Path file = folder.resolve(SnapshotStore.MANIFEST);
        return of(file, Document.readBytes(file, LIMIT_BYTES));
    }

    /// Makes it of the content of its file.
    static SnapshotManifest of(Path file, byte[] content) {
        boolean sealed = content.length == 0 || content[0] != '{';
        byte[] json = sealed ? Sealed.open(file, content) : content;
        var document = Document.parse(file.toString(), json);
        document.checkFormat(FORMAT);
        if (!sealed && document.number("format") > 1) {
            throw Failures.damaged(file + " has lost its first line, the SHA-256 of the rest");
        }
        return read(document);
    }

    /// Reads what {@link #tree} made, of this format or an older one.
    static SnapshotManifest read(Document document) {
        String parent = document.number("format") < 2 ? "diskBase" : "parent";
        return document.as(tree -> {
            var source = tree.object("source");
            return new SnapshotManifest(
                    tree.text("id"),
                    tree.instant("created"),
                    new Source(source.text("id"), source.text("name")),
                    tree.textOrNull(parent),
                    Setup.read(tree.object("setup")),
                    tree.textOrNull("memoryBase"),
                    tree.textOrNull("diskBase"),
                    tree.text("boot"),
                    tree.objects("files").stream().map(StoredFile::read).toList());
        });
    }

    private static void requireId(String id) {
        if (!Ids.isId(id)) {
            throw new IllegalArgumentException("'" + Names.shown(id) + "' is no id");
        }
    }
}
