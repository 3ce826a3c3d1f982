package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import dev.stasis.linux.SystemCallException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.Locale;

/// Turns failures of files into errors that say what to do.
final class Failures {
    private Failures() {}

    /// An error for a failed file operation.
    ///
    /// @param what what failed, on what
    static StasisException of(String what, IOException cause) {
        if (DiskFull.is(cause)) {
            return new StasisException(
                    ErrorCode.DISK_FULL,
                    what + ": the disk is full; free some space, or choose a home on another disk",
                    cause);
        }
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if ((cause instanceof SystemCallException call && call.isRefused())
                || cause instanceof AccessDeniedException
                || text.contains("read-only file system")
                || text.contains("operation not permitted")) {
            return new StasisException(
                    ErrorCode.HOME_UNUSABLE,
                    what
                            + ": not permitted (%s); choose a home that this user can write"
                                    .formatted(cause.getMessage()),
                    cause);
        }
        return new StasisException(
                ErrorCode.IO_FAILED, what + ": " + reason(cause) + "; see the cause", cause);
    }

    /// An error for a file of the store that is not what it should be.
    static StasisException damaged(String what) {
        return new StasisException(ErrorCode.STORE_DAMAGED, what);
    }

    private static String reason(IOException cause) {
        return cause.getClass().getSimpleName() + " " + cause.getMessage();
    }
}
