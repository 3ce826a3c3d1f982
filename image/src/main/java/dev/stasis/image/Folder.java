package dev.stasis.image;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A folder of the tree that layers make.
final class Folder implements Node {
    private final @Nullable Folder parent;
    private final String path;
    private final Map<String, Node> children = new LinkedHashMap<>();

    /// The number of the entry that says what it is like; -1 = a folder that nothing names.
    private int entry;

    private int layer;

    /// The layer whose deletions were done in here: below it is nothing of the layers below.
    private int emptiedBy;

    /// @param parent the folder it is in; null = it is the root
    Folder(@Nullable Folder parent, String path, int entry, int layer) {
        this.parent = parent;
        this.path = path;
        this.entry = entry;
        this.layer = layer;
        this.emptiedBy = layer;
    }

    /// The folder it is in; the root is in itself.
    Folder parent() {
        return parent == null ? this : parent;
    }

    String path() {
        return path;
    }

    String path(String name) {
        return path.isEmpty() ? name : path + "/" + name;
    }

    Map<String, Node> children() {
        return children;
    }

    /// Whether nothing is in it that will be seen.
    boolean isEmpty() {
        return children.values().stream()
                .allMatch(child ->
                        child instanceof Name name
                                && name.content().kind() == TarEntry.Kind.DEVICE);
    }

    int entry() {
        return entry;
    }

    @Override
    public int layer() {
        return layer;
    }

    /// It is named by an entry of a layer.
    void name(int number, int byLayer) {
        entry = number;
        layer = byLayer;
    }

    /// Removes what layers below this one put here. A tree may be two thousand folders deep, so
    /// this does not call itself.
    void removeBelow(int byLayer) {
        var order = new ArrayList<Folder>(); // Each comes before what is in it.
        var next = new ArrayDeque<Folder>(List.of(this));
        for (var folder = next.poll(); folder != null; folder = next.poll()) {
            if (folder.emptiedBy != byLayer) {
                folder.emptiedBy = byLayer;
                order.add(folder);
                folder.children.values().stream().mapMulti(Folder::onlyFolders).forEach(next::add);
            }
        }
        for (var folder : order.reversed()) {
            folder.children.values().removeIf(child -> isGone(child, byLayer));
        }
    }

    private static void onlyFolders(Node node, Consumer<Folder> to) {
        if (node instanceof Folder folder) {
            to.accept(folder);
        }
    }

    /// Whether nothing is left of something. A folder stays as long as there is something in it.
    private static boolean isGone(Node node, int byLayer) {
        if (node.layer() >= byLayer) {
            return false;
        }
        if (node instanceof Folder folder) {
            folder.entry = -1;
            return folder.children.isEmpty();
        }
        return true;
    }

    /// Removes a child if a layer below this one put it there.
    void removeBelow(String name, int byLayer) {
        var child = children.get(name);
        if (child instanceof Folder folder) {
            folder.removeBelow(byLayer);
        }
        if (child != null && isGone(child, byLayer)) {
            children.remove(name);
        }
    }
}
