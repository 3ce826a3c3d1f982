package dev.stasis.machine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What to capture, and where to.
///
/// @param devices the file that takes the device state; must not exist
/// @param ramFolder the folder that gets a `ram.img` or a `ram.delta`; has neither
/// @param base the RAM image that was last captured from this machine (an earlier one will do too,
///   it only makes the difference larger), or else the one it was restored from; null when it was
///   booted and never captured
/// @param overlay the disk layer that the machine writes from now on: it exists, with the present
///   layer as its backing file; null for a machine without a disk
public record CaptureRequest(
        Path devices, Path ramFolder, @Nullable RamImage base, @Nullable Path overlay) {

    /// Makes the paths absolute: QEMU has a working folder of its own.
    public CaptureRequest {
        devices = devices.toAbsolutePath();
        ramFolder = ramFolder.toAbsolutePath();
        overlay = overlay == null ? null : overlay.toAbsolutePath();
    }
}
