package dev.stasis.machine;

import dev.stasis.linux.SystemCallException;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Optional;

/// How a machine's RAM is reached.
enum MemoryAccess {
    /// In QEMU's address space, and where that is refused through QEMU.
    DIRECT,
    /// Through QEMU alone.
    QMP;

    /// A system property that holds the name of one in lower case; for tests of the slower way.
    static final String PROPERTY = "dev.stasis.machine.memory";

    private static final System.Logger LOG = System.getLogger(MemoryAccess.class.getName());

    static MemoryAccess configured() {
        return "qmp".equals(System.getProperty(PROPERTY)) ? QMP : DIRECT;
    }

    /// Opens the RAM of a machine that stands still.
    ///
    /// @param scratch a folder with space for a copy of RAM
    GuestMemory open(QmpClient qmp, Target target, Path scratch, Deadline deadline)
            throws QmpException, IOException {
        var direct = openDirect(qmp, target, deadline);
        return direct.isPresent()
                ? direct.get()
                : DumpedMemory.of(qmp, target.block(), scratch, deadline);
    }

    /// Opens the RAM so that it can be changed too.
    ///
    /// @return empty where that is refused
    Optional<DirectMemory> openDirect(QmpClient qmp, Target target, Deadline deadline)
            throws QmpException, IOException {
        if (this == QMP) {
            return Optional.empty();
        }
        try (var arena = Arena.ofConfined()) {
            var memory = DirectMemory.of(qmp, target, deadline);
            memory.read(0, arena.allocate(Pages.SIZE));
            return Optional.of(memory);
        } catch (AccessDeniedException e) {
            LOG.log(System.Logger.Level.INFO, "the memory of QEMU can't be read directly", e);
            return Optional.empty();
        } catch (SystemCallException e) {
            if (!e.isRefused()) {
                throw e;
            }
            LOG.log(System.Logger.Level.INFO, "the memory of QEMU can't be read directly", e);
            return Optional.empty();
        }
    }

    /// Whose memory, and which.
    ///
    /// @param qemu the machine
    /// @param block the part of its memory
    record Target(ProcessId qemu, MemoryBlock block) {}
}
