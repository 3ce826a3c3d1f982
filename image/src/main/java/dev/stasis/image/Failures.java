package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import java.io.IOException;

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
        return new StasisException(
                ErrorCode.IO_FAILED,
                "%s: %s %s; see the cause"
                        .formatted(what, cause.getClass().getSimpleName(), cause.getMessage()),
                cause);
    }
}
