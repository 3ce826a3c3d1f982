package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Where a machine's sockets and logs are. Both folders exist before it starts, are its alone, and
/// are removed by whoever made them.
///
/// @param run sockets and small files of the living machine; its path must be short
/// @param logs what the console, the guest and QEMU said
public record MachineFiles(Path run, Path logs) {
    /// The longest path of a unix socket, in bytes.
    private static final int LONGEST_SOCKET = 107;

    private static final String LONGEST_NAME = "lane.99";

    /// Makes the paths absolute and checks that the sockets fit.
    public MachineFiles {
        run = run.toAbsolutePath().normalize();
        logs = logs.toAbsolutePath().normalize();
        int bytes = run.resolve(LONGEST_NAME).toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LONGEST_SOCKET) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The run folder "
                            + run
                            + " makes socket paths of "
                            + bytes
                            + " bytes, Linux takes "
                            + LONGEST_SOCKET
                            + ": use a shorter one (XDG_RUNTIME_DIR)");
        }
    }

    /// QEMU's monitor.
    public Path monitor() {
        return run.resolve("qmp");
    }

    /// Held by the launcher as long as the machine lives.
    public Path lock() {
        return run.resolve("machine.lock");
    }

    /// The socket of a lane.
    ///
    /// @param number from 0
    public Path lane(int number) {
        return run.resolve("lane." + number);
    }

    /// What QEMU printed.
    public Path qemuLog() {
        return logs.resolve("qemu.log");
    }

    /// What the guest's serial console printed.
    public Path consoleLog() {
        return logs.resolve("console.log");
    }

    /// What the guest's agent and orphaned commands printed.
    public Path guestLog() {
        return logs.resolve("guest.log");
    }

    /// Which processes the machine is made of.
    Path processes() {
        return run.resolve("machine");
    }

    /// Which ports lead into it.
    Path ports() {
        return run.resolve("ports");
    }

    /// How long it may live.
    Path lifetime() {
        return run.resolve("lifetime");
    }

    /// How it ended.
    Path end() {
        return run.resolve("end");
    }

    /// Takes the device state at a restore.
    Path incoming() {
        return run.resolve("in");
    }
}
