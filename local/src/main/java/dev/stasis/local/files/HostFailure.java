package dev.stasis.local.files;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import java.io.IOException;
import java.nio.file.FileSystemException;

/// Failures of this computer's files.
final class HostFailure {
    private HostFailure() {}

    /// @param what what can't be done, with its path
    static StasisException of(String what, IOException e) {
        String reason =
                e instanceof FileSystemException f && f.getReason() != null
                        ? f.getReason()
                        : String.valueOf(e.getMessage());
        String kind = e.getClass().getSimpleName().replace("Exception", "");
        return new StasisException(
                DiskFull.is(e) ? ErrorCode.DISK_FULL : ErrorCode.IO_FAILED,
                "Can't " + what + " on this computer: " + kind + ", " + reason,
                e);
    }
}
