package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.machine.MachineEnd;
import dev.stasis.machine.MachineFiles;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// QEMU itself crashed. Under emulation it may do so while a guest boots, about once in some
/// hundreds of times: see docs/decisions/0053. What booted has no state that could be lost, so it
/// is booted once more.
final class CrashedException extends StasisException {
    private static final long serialVersionUID = 1L;
    private static final System.Logger LOG = System.getLogger(CrashedException.class.getName());
    private static final MachineEnd SEGMENTATION_FAULT = new MachineEnd.Signaled(11);

    CrashedException(String message, @Nullable StasisException noticed) {
        super(ErrorCode.MACHINE_FAILED, message, noticed);
    }

    /// Whether the machine of a run folder ended so.
    static boolean happened(MachineFiles files) {
        return Machine.end(files).equals(Optional.of(SEGMENTATION_FAULT));
    }

    /// Boots something, once more if QEMU crashed.
    ///
    /// @param boot leaves nothing when it fails
    static <T> T survived(Supplier<T> boot) {
        try {
            return boot.get();
        } catch (CrashedException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage() + ". It is booted once more");
            return boot.get();
        }
    }
}
