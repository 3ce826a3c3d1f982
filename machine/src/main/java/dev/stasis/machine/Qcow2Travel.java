package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Layers of disks that go to another computer, or come from one.
public final class Qcow2Travel {
    private Qcow2Travel() {}

    /// Writes a layer together with the file that it says it lies on, as one that lies on nothing.
    ///
    /// @param layer the lowest one of a disk of this computer
    /// @param target must not exist; gets mode 0600; a failure leaves none
    /// @return false when the layer lies on nothing already; then nothing was written
    public static boolean writeAlone(Path layer, Path target) throws IOException {
        String beneath = beneath(layer);
        if (beneath.isEmpty()) {
            return false;
        }
        Path bottom = layer.resolveSibling(beneath).normalize();
        if (!beneath(bottom).isEmpty()) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "The disk layer %s should lie on an empty disk, and %s lies on something itself"
                            .formatted(layer, bottom));
        }
        try (var both = Qcow2Fold.open(List.of(layer, bottom))) {
            both.writeTo(target, "");
        }
        return true;
    }

    /// What a layer says it lies on, by a name relative to its folder; empty = nothing.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when it is no layer as QEMU
    ///   writes them for Stasis: QEMU would look into other files for one that it can be told to
    public static String beneath(Path layer) throws IOException {
        try (var open = Qcow2Layer.open(layer)) {
            return open.backingName();
        }
    }
}
