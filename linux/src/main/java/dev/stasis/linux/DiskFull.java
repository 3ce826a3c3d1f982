package dev.stasis.linux;

import java.io.IOException;
import java.util.Locale;

/// Tells failures for want of space on a disk of this computer, or of a user's quota of it, from
/// others. Java has no exception of their own for them, and programs only print them.
public final class DiskFull {
    private DiskFull() {}

    /// Whether a file operation failed for want of space.
    public static boolean is(IOException failure) {
        return failure instanceof SystemCallException call
                ? call.is(Errno.ENOSPC) || call.is(Errno.EDQUOT)
                : isSaidBy(String.valueOf(failure.getMessage()));
    }

    /// Whether a message of Java, of a program or of QEMU speaks of want of space.
    public static boolean isSaidBy(String message) {
        var text = message.toLowerCase(Locale.ROOT);
        return text.contains("no space left on device") || text.contains("quota exceeded");
    }
}
