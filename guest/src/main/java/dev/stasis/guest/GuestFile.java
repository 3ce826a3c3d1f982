package dev.stasis.guest;

import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;

/// What a guest says of one of its files.
///
/// @param mode type and permissions, as in `st_mode`
/// @param user the number of its owner
/// @param group the number of its group
/// @param links how many names it has
/// @param size its bytes
/// @param stored the bytes that it takes on its disk, fewer than `size` where it has holes
/// @param device which file system it is on
/// @param inode its number there
/// @param special which device it is, where it is one
/// @param accessed when it was last read
/// @param modified when it was last written
/// @param changed when anything of it was last changed
public record GuestFile(
        int mode,
        int user,
        int group,
        int links,
        long size,
        long stored,
        long device,
        long inode,
        long special,
        Instant accessed,
        Instant modified,
        Instant changed) {
    static final int BYTES = 92;
    private static final int BLOCK_BYTES = 512;
    private static final int TYPE = 0170000;

    /// What kinds of files there are.
    public enum Kind {
        /// A named pipe.
        FIFO(0010000),
        /// A device of characters.
        CHARACTER_DEVICE(0020000),
        /// A folder.
        FOLDER(0040000),
        /// A device of blocks.
        BLOCK_DEVICE(0060000),
        /// A file.
        FILE(0100000),
        /// A symbolic link.
        LINK(0120000),
        /// A unix socket.
        SOCKET(0140000);

        private final int bits;

        Kind(int bits) {
            this.bits = bits;
        }
    }

    /// Reads one.
    ///
    /// @throws IllegalArgumentException when it can't be true
    static GuestFile read(ByteBuffer from) {
        int mode = from.getInt();
        int user = from.getInt();
        int group = from.getInt();
        int links = from.getInt();
        long size = from.getLong();
        long blocks = from.getLong();
        if (size < 0 || blocks < 0 || blocks > Long.MAX_VALUE / BLOCK_BYTES) {
            throw new IllegalArgumentException("a size of " + size + " in " + blocks + " blocks");
        }
        var file =
                new GuestFile(
                        mode,
                        user,
                        group,
                        links,
                        size,
                        blocks * BLOCK_BYTES,
                        from.getLong(),
                        from.getLong(),
                        from.getLong(),
                        time(from),
                        time(from),
                        time(from));
        file.kind();
        return file;
    }

    private static Instant time(ByteBuffer from) {
        long seconds = from.getLong();
        int nanos = from.getInt();
        try {
            return Instant.ofEpochSecond(seconds, nanos);
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException("a time of " + seconds + " s", e);
        }
    }

    /// What it is.
    public Kind kind() {
        for (Kind kind : Kind.values()) {
            if ((mode & TYPE) == kind.bits) {
                return kind;
            }
        }
        throw new IllegalArgumentException("a file of mode " + Integer.toOctalString(mode));
    }

    /// The twelve bits of its permissions.
    public int permissions() {
        return mode & 07777;
    }
}
