package dev.stasis;

import java.util.Locale;

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
    BLOCK_DEVICE;

    /// For people: `block device`.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
