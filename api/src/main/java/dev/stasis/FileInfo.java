package dev.stasis;

import java.time.Instant;
import java.util.Optional;

/// What is known of a file in a sandbox, or of something else that has a name there.
///
/// @param name its name in its folder; `/` for the root. A byte that is not UTF-8 is a character
///   from `U+DC80` to `U+DCFF`
/// @param kind what it is
/// @param size its bytes
/// @param stored the bytes that it takes on its disk, fewer than `size` where it has holes
/// @param permissions the twelve bits of its permissions, such as `0644`
/// @param user the number of its owner
/// @param group the number of its group
/// @param modified when it was last written
/// @param accessed when it was last read
/// @param changed when anything of it was last changed
/// @param links how many names it has
/// @param device which file system it is on
/// @param inode its number there
/// @param target where it leads to, if it is a link and this came from listing a folder
public record FileInfo(
        String name,
        FileKind kind,
        long size,
        long stored,
        int permissions,
        int user,
        int group,
        Instant modified,
        Instant accessed,
        Instant changed,
        int links,
        long device,
        long inode,
        Optional<String> target) {
    /// Whether it is a file.
    public boolean isFile() {
        return kind == FileKind.FILE;
    }

    /// Whether it is a folder.
    public boolean isFolder() {
        return kind == FileKind.FOLDER;
    }

    /// Whether it is a symbolic link.
    public boolean isLink() {
        return kind == FileKind.LINK;
    }
}
