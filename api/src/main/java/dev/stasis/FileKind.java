package dev.stasis;

/// What kinds of files there are in a sandbox.
public enum FileKind {
    /// A file.
    FILE,
    /// A folder.
    FOLDER,
    /// A symbolic link.
    LINK,
    /// A named pipe.
    FIFO,
    /// A unix socket.
    SOCKET,
    /// A device of characters.
    CHARACTER_DEVICE,
    /// A device of blocks.
    BLOCK_DEVICE
}
