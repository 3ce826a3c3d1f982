package dev.stasis.machine;

import java.nio.file.Path;
import java.util.Map;

/// What to capture, and where to.
///
/// @param devices the file that takes the device state; must not exist
/// @param memoryFolder the folder that gets one image for each block of memory; has none
/// @param bases by the name of its block each image that was last captured from this machine (an
///   earlier one of it will do too, it only makes the difference larger), or else that it was
///   restored from; none for a block that was never captured
public record CaptureRequest(Path devices, Path memoryFolder, Map<String, RamReference> bases) {

    /// Makes the paths absolute: QEMU has a working folder of its own.
    public CaptureRequest {
        devices = devices.toAbsolutePath();
        memoryFolder = memoryFolder.toAbsolutePath();
        bases = Map.copyOf(bases);
    }
}
