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

    private CrashedException(String message, @Nullable StasisException noticed) {
        super(ErrorCode.MACHINE_FAILED, message, noticed);
    }

    /// The failure of a machine: this one if QEMU crashed, and any other with the code given.
    ///
    /// @param files of the machine, which has written down how it ended, if it did
    /// @param noticed how the failure was noticed, if by another
    static StasisException orOther(
            MachineFiles files, ErrorCode code, String message, @Nullable StasisException noticed) {
        return Machine.end(files).equals(Optional.of(SEGMENTATION_FAULT))
                ? new CrashedException(message, noticed)
                : new StasisException(code, message, noticed);
    }
}
