package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.machine.MachineEnd;
import dev.stasis.machine.MachineFiles;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// QEMU itself crashed.
final class CrashedException extends StasisException {
    private static final long serialVersionUID = 1L;
    private static final MachineEnd SEGMENTATION_FAULT = new MachineEnd.Signaled(11);

    CrashedException(String message, @Nullable StasisException noticed) {
        super(ErrorCode.MACHINE_FAILED, message, noticed);
    }

    /// Whether the machine of a run folder ended so.
    static boolean happened(MachineFiles files) {
        return Machine.end(files).equals(Optional.of(SEGMENTATION_FAULT));
    }
}
