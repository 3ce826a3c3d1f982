package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The tree that the entries of layers make, from the lowest layer up, checked entry by entry
/// before anything is built. It holds names, no contents.
///
/// What is checked: everything lies in folders, never in a file; a hard link points to a file that
/// came before it; symbolic links on the way are followed inside of the tree only, and in a plain
/// root file system not at all. What comes twice is taken from its last entry; folders that nothing
/// names come into being with what is in them.
///
/// What a layer deletes goes from the layers below it only, in whatever order the layer says so:
/// see {@link Whiteout}. What a deleted name stood for stays while it has another name.
///
/// What is left out: devices, since a guest has its own, and hard links to them.
final class Tree {
    private static final int MOST_LINKS = 40;

    private final LayerRules rules;
    private final Folder root = new Folder(null, "", -1, 0);
    private String source = "";
    private int layer;
    private int added;

    Tree(LayerRules rules) {
        this.rules = rules;
    }

    /// Begins the next layer.
    ///
    /// @param name what it is, for messages
    void begin(String name) {
        source = name;
        layer++;
    }

    /// Adds the next entry of the layer.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID}
    void add(TarEntry entry) {
        int number = added++;
        if (entry.path().isEmpty()) {
            addRoot(entry, number);
            return;
        }
        var whiteout = rules == LayerRules.LAYER ? Whiteout.of(entry) : Optional.<Whiteout>empty();
        if (whiteout.isPresent()) {
            delete(whiteout.get());
            return;
        }
        var folder = folder(TreePath.parent(entry.path()), entry.path());
        String name = TreePath.name(entry.path());
        if (folder.path(name).length() > ImageLimits.LONGEST_PATH_BYTES) {
            throw invalid("has an entry '%s', whose links make its path too long", entry.path());
        }
        switch (entry.kind()) {
            case FOLDER -> addFolder(folder, name, number, entry.path());
            case HARD_LINK -> addLink(folder, name, entry);
            case SYMBOLIC_LINK -> {
                requireTarget(entry);
                addName(folder, name, new Name.Content(entry.kind(), number, entry.target()));
            }
            case FILE, FIFO, DEVICE ->
                    addName(folder, name, new Name.Content(entry.kind(), number, ""));
        }
    }

    /// What becomes of each entry, when all were added.
    Outcome outcome() {
        var outcome = new Outcome(added);
        outcome.gather(root);
        return outcome;
    }

    private void addRoot(TarEntry entry, int number) {
        if (entry.kind() != TarEntry.Kind.FOLDER) {
            throw invalid("has '%s' as a folder and as something else", entry.path());
        }
        root.name(number, layer);
    }

    private void addFolder(Folder parent, String name, int number, String path) {
        var before = parent.children().get(name);
        if (before instanceof Folder folder) {
            folder.name(number, layer);
            return;
        }
        if (before != null) {
            requireOtherLayer(path);
        }
        parent.children().put(name, new Folder(parent, parent.path(name), number, layer));
    }

    private void addName(Folder folder, String name, Name.Content content) {
        String path = folder.path(name);
        var before = folder.children().get(name);
        if (before instanceof Folder) {
            requireOtherLayer(path);
        }
        if (rules == LayerRules.ROOT && before instanceof Name old && old.content().isLinked()) {
            throw invalid("has '%s' twice, and a hard link to the first", path);
        }
        folder.children().put(name, new Name(content, layer));
    }

    private void requireOtherLayer(String path) {
        if (rules == LayerRules.ROOT) {
            throw invalid("has '%s' as a folder and as something else", path);
        }
    }

    private void addLink(Folder folder, String name, TarEntry link) {
        var holder = find(TreePath.parent(link.target()));
        var target = holder == null ? null : holder.children().get(TreePath.name(link.target()));
        if (!(target instanceof Name found)) {
            throw invalid(
                    "has a hard link '%s' to '%s', which is no file that comes before it",
                    link.path(), link.target());
        }
        if (link.target().equals(link.path())) {
            if (rules == LayerRules.ROOT) {
                throw invalid("has a hard link '%s' to itself", link.path());
            }
            return;
        }
        found.content().link();
        addName(folder, name, found.content());
    }

    private void delete(Whiteout whiteout) {
        var folder = find(whiteout.folder());
        if (folder == null) {
            return; // Nothing is there.
        }
        switch (whiteout.what()) {
            case NOTHING -> {}
            case ALL -> folder.removeBelow(layer);
            case ONE -> {
                if (!TreePath.isName(whiteout.name())) {
                    throw invalid("has '%s', which deletes no name", whiteout.entry());
                }
                folder.removeBelow(whiteout.name(), layer);
            }
        }
    }

    private void requireTarget(TarEntry link) {
        String target = link.target();
        if (target.isEmpty()
                || target.length() > ImageLimits.LONGEST_PATH_BYTES
                || target.indexOf('\0') >= 0) {
            throw invalid("has a symbolic link '%s' that Linux can't have", link.path());
        }
    }

    /// The folder of a path, made if it is not there.
    private Folder folder(String folder, String path) {
        var found = new Walk(true, path).go(folder);
        if (found == null) {
            throw invalid("has '%s' behind a link that leads nowhere", path);
        }
        return found;
    }

    private @Nullable Folder find(String folder) {
        return new Walk(false, folder).go(folder);
    }

    /// One way through the tree. A link that leads up from the root stays there, as in a changed
    /// root.
    private final class Walk {
        private final boolean make;
        private final String path;
        private int links;

        Walk(boolean make, String path) {
            this.make = make;
            this.path = path;
        }

        @Nullable Folder go(String folder) {
            return go(root, folder);
        }

        private @Nullable Folder go(Folder start, String way) {
            var at = start;
            for (String part : way.split("/", -1)) {
                var next = part.isEmpty() || part.equals(".") ? at : step(at, part);
                if (next == null) {
                    return null;
                }
                at = next;
            }
            return at;
        }

        private @Nullable Folder step(Folder at, String part) {
            if (part.equals("..")) {
                return at.parent();
            }
            var child = at.children().get(part);
            if (child instanceof Folder folder) {
                return folder;
            }
            if (child instanceof Name name) {
                return follow(at, part, name.content());
            }
            return make ? made(at, part) : null;
        }

        private @Nullable Folder follow(Folder at, String part, Name.Content content) {
            boolean link =
                    rules == LayerRules.LAYER && content.kind() == TarEntry.Kind.SYMBOLIC_LINK;
            if (!link) {
                if (make) {
                    throw invalid("has '%s' in '%s', which is no folder", path, at.path(part));
                }
                return null;
            }
            if (++links > MOST_LINKS) {
                throw invalid("has '%s' behind more links than Linux follows", path);
            }
            return go(content.target().startsWith("/") ? root : at, content.target());
        }

        private Folder made(Folder at, String part) {
            String there = at.path(part);
            if (there.length() > ImageLimits.LONGEST_PATH_BYTES
                    || part.length() > ImageLimits.LONGEST_NAME_BYTES) {
                throw invalid("has an entry '%s', whose links make its path too long", path);
            }
            var folder = new Folder(at, there, -1, layer);
            at.children().put(part, folder);
            return folder;
        }
    }

    private StasisException invalid(String problem, String... paths) {
        Object[] shown = new Object[paths.length];
        for (int i = 0; i < paths.length; i++) {
            shown[i] = RawText.shown(paths[i]);
        }
        return new StasisException(
                ErrorCode.IMAGE_INVALID,
                source
                        + " "
                        + problem.formatted(shown)
                        + ": no root file system can be made from it");
    }

    /// What becomes of the entries: the paths that each is seen at.
    static final class Outcome {
        private final List<List<String>> paths;
        private final List<String> unnamed = new ArrayList<>();

        private Outcome(int entries) {
            paths = new ArrayList<>(entries);
            for (int i = 0; i < entries; i++) {
                paths.add(List.of());
            }
        }

        /// The paths of what an entry brought: none when it was replaced, deleted or left out;
        /// several when there are hard links to it.
        ///
        /// @param number the number of the entry over all layers, from 0
        List<String> paths(int number) {
            return paths.get(number);
        }

        /// The folders that no entry names and that nothing is in, so that nothing else brings
        /// them.
        List<String> unnamedFolders() {
            return Collections.unmodifiableList(unnamed);
        }

        private void gather(Folder root) {
            var next = new ArrayDeque<Folder>(List.of(root));
            for (var folder = next.poll(); folder != null; folder = next.poll()) {
                put(folder.entry(), folder.path());
                if (folder.entry() < 0 && folder.isEmpty() && !folder.path().isEmpty()) {
                    unnamed.add(folder.path());
                }
                for (var child : folder.children().entrySet()) {
                    switch (child.getValue()) {
                        case Folder inner -> next.add(inner);
                        case Name(var content, var _) -> {
                            if (content.kind() != TarEntry.Kind.DEVICE) {
                                put(content.entry(), folder.path(child.getKey()));
                            }
                        }
                    }
                }
            }
        }

        private void put(int entry, String path) {
            if (entry >= 0) {
                var before = paths.get(entry);
                if (before.isEmpty()) {
                    paths.set(entry, List.of(path));
                } else {
                    var all =
                            before instanceof ArrayList<String> ? before : new ArrayList<>(before);
                    all.add(path);
                    paths.set(entry, all);
                }
            }
        }
    }
}
