package dev.stasis.image;

import java.util.LinkedHashMap;
import java.util.Map;
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

    /// Removes what layers below this one put here.
    void removeBelow(int byLayer) {
        if (emptiedBy == byLayer) {
            return;
        }
        emptiedBy = byLayer;
        children.values().removeIf(child -> isRemoved(child, byLayer));
    }

    private static boolean isRemoved(Node child, int byLayer) {
        if (child instanceof Folder folder) {
            folder.removeBelow(byLayer);
            if (folder.layer < byLayer) {
                folder.entry = -1;
                return folder.children.isEmpty();
            }
            return false;
        }
        return child.layer() < byLayer;
    }

    /// Removes a child if a layer below this one put it there.
    void removeBelow(String name, int byLayer) {
        var child = children.get(name);
        if (child != null && isRemoved(child, byLayer)) {
            children.remove(name);
        }
    }
}
