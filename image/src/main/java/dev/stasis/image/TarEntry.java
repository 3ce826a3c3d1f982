package dev.stasis.image;

import java.util.Map;

/// An entry of a tar file, in the form in which the tree is built.
///
/// @param path where it is in the tree, as raw text: names joined by `/`, none of them empty, `.`
///   or `..`; empty for the root itself
/// @param kind what it is
/// @param attributes owner, mode and so on
/// @param size how much content follows it, in bytes
/// @param target for a link what it points to, as raw text: a path of the tree for a hard link,
///   anything for a symbolic one; else empty
record TarEntry(String path, Kind kind, Attributes attributes, long size, String target) {
    /// The same at another path.
    TarEntry at(String other) {
        return new TarEntry(other, kind, attributes, size, target);
    }

    /// A hard link to this.
    ///
    /// @param other where the link is
    /// @param there where this is
    TarEntry linkAt(String other, String there) {
        return new TarEntry(other, Kind.HARD_LINK, attributes, 0, there);
    }

    /// What an entry is.
    enum Kind {
        FILE('0'),
        HARD_LINK('1'),
        SYMBOLIC_LINK('2'),
        FOLDER('5'),
        FIFO('6'),
        /// A character or block device: known, and left out of every image.
        DEVICE('3');

        private final char flag;

        Kind(char flag) {
            this.flag = flag;
        }

        /// The type flag in a tar header.
        char flag() {
            return flag;
        }
    }

    /// What the file system says of an entry.
    ///
    /// @param mode permission bits, with set-user-id, set-group-id and sticky
    /// @param uid the owner
    /// @param gid the group
    /// @param modified when it was changed, in seconds since 1970
    /// @param xattrs extended attributes, by raw name
    record Attributes(int mode, long uid, long gid, long modified, Map<String, byte[]> xattrs) {}
}
