package dev.stasis.image;

import java.util.Optional;
import java.util.StringJoiner;

/// Paths in a tree of files, as raw text.
final class TreePath {
    private TreePath() {}

    /// A name from a tar file as a path in the tree: relative, its parts joined by single slashes.
    ///
    /// @return empty when it leads out of the tree, or when Linux could not have it
    static Optional<String> normalise(String name) {
        if (name.length() > ImageLimits.LONGEST_PATH_BYTES || name.indexOf('\0') >= 0) {
            return Optional.empty();
        }
        var path = new StringJoiner("/");
        for (String part : name.split("/", -1)) {
            if (part.equals("..") || part.length() > ImageLimits.LONGEST_NAME_BYTES) {
                return Optional.empty();
            }
            if (!part.isEmpty() && !part.equals(".")) {
                path.add(part);
            }
        }
        return Optional.of(path.toString());
    }

    /// The folder that a path is in; the root, which is empty, is in itself.
    static String parent(String path) {
        return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
    }

    /// The last name of a path.
    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /// Whether this is the name of something in a folder.
    static boolean isName(String text) {
        return !text.isEmpty() && !text.equals(".") && !text.equals("..") && !text.contains("/");
    }
}
