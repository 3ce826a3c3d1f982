package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The tree that the entries of a tar file make, checked entry by entry before anything is built.
///
/// What is checked: everything lies in folders, never in a file or behind a symbolic link; a hard
/// link points to a file that came before it; what comes twice is of the same kind both times, and
/// is then taken from its last entry; folders that nothing names come into being with what is in
/// them.
///
/// What is left out: devices, since a guest has its own, and hard links to them.
final class Tree {
    private final String source;
    private final Map<String, Node> nodes = new HashMap<>();
    private final Set<Integer> superseded = new HashSet<>();
    private int added;

    /// What is known of a path.
    ///
    /// @param entry the number of the entry that made it; -1 = a folder that nothing names
    /// @param linked whether a hard link points to it
    private record Node(TarEntry.Kind kind, int entry, boolean linked) {}

    Tree(String source) {
        this.source = source;
        nodes.put("", new Node(TarEntry.Kind.FOLDER, -1, false));
    }

    /// Adds the next entry.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID}
    void add(TarEntry entry) {
        int number = added++;
        String path = entry.path();
        addFolder(TreePath.parent(path), path);
        var kind = entry.kind();
        if (kind == TarEntry.Kind.HARD_LINK && link(entry) == TarEntry.Kind.DEVICE) {
            kind = TarEntry.Kind.DEVICE;
        }
        if (kind == TarEntry.Kind.SYMBOLIC_LINK) {
            requireTarget(entry);
        }
        var before = nodes.put(path, new Node(kind, number, false));
        if (before != null) {
            replace(entry, before);
        }
    }

    /// Whether an entry becomes part of the tree.
    ///
    /// @param number its number in the tar file, from 0
    boolean takes(int number, TarEntry entry) {
        var node = nodes.get(entry.path());
        return node != null && node.kind != TarEntry.Kind.DEVICE && !superseded.contains(number);
    }

    /// What a hard link leads to.
    private TarEntry.Kind link(TarEntry link) {
        var target = nodes.get(link.target());
        if (target == null || target.kind == TarEntry.Kind.FOLDER) {
            throw invalid(
                    "has a hard link '%s' to '%s', which is no file that comes before it",
                    link.path(), link.target());
        }
        if (link.target().equals(link.path())) {
            throw invalid("has a hard link '%s' to itself", link.path());
        }
        nodes.put(link.target(), new Node(target.kind, target.entry, true));
        return target.kind;
    }

    private void requireTarget(TarEntry link) {
        String target = link.target();
        if (target.isEmpty()
                || target.length() > ImageLimits.LONGEST_PATH_BYTES
                || target.indexOf('\0') >= 0) {
            throw invalid("has a symbolic link '%s' that Linux can't have", link.path());
        }
    }

    private void replace(TarEntry entry, Node before) {
        boolean folder = entry.kind() == TarEntry.Kind.FOLDER;
        if (folder != (before.kind == TarEntry.Kind.FOLDER)) {
            throw invalid("has '%s' as a folder and as something else", entry.path());
        }
        if (before.linked) {
            throw invalid("has '%s' twice, and a hard link to the first", entry.path());
        }
        if (before.entry >= 0) {
            superseded.add(before.entry);
        }
    }

    private void addFolder(String folder, String path) {
        var node = nodes.get(folder);
        if (node == null) {
            addFolder(TreePath.parent(folder), path);
            nodes.put(folder, new Node(TarEntry.Kind.FOLDER, -1, false));
        } else if (node.kind != TarEntry.Kind.FOLDER) {
            throw invalid("has '%s' in '%s', which is no folder", path, folder);
        }
    }

    private StasisException invalid(String problem, String... paths) {
        Object[] shown = new Object[paths.length];
        for (int i = 0; i < paths.length; i++) {
            shown[i] = RawText.shown(paths[i]);
        }
        return new StasisException(
                ErrorCode.IMAGE_INVALID,
                source + " " + problem.formatted(shown) + ": make the tar file anew");
    }
}
