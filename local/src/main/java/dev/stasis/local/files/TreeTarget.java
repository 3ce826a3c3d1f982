package dev.stasis.local.files;

import dev.stasis.FileInfo;

/// Where a tree is copied to. Paths are relative to the copy's root, which is the empty path; their
/// parts are names that no folder is left by. Used by one thread.
interface TreeTarget {
    /// Makes a folder. One that is there is fine.
    void folder(String path, FileInfo like);

    /// All that a folder holds was copied.
    void folderEnd(String path, FileInfo like);

    /// Makes a file, or replaces one.
    FileSink file(String path, FileInfo like);

    /// Makes a symbolic link.
    ///
    /// @param leads where it leads to; not to be followed
    void link(String path, FileInfo like, String leads);

    /// Makes one more name of a file that was copied before.
    ///
    /// @param earlier the path of that file
    void again(String path, FileInfo like, String earlier);

    /// Makes a pipe, a device or a socket.
    ///
    /// @param device which device it is
    /// @return whether that is possible here
    boolean special(String path, FileInfo like, long device);

    /// Something was not copied.
    void skip(String path, String reason);

    /// Waits until everything is there.
    void finish();
}
