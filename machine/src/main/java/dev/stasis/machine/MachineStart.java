package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.MachineState.Operation;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpEvent;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// How a machine comes to life. A start that fails leaves no process behind.
final class MachineStart {
    private static final Duration CLEAN_UP = Duration.ofSeconds(10);
    private static final Duration DYING = Duration.ofSeconds(2);

    private final MachineSpec spec;
    private final MemoryAccess access;
    private final Deadline deadline;

    MachineStart(MachineSpec spec, MemoryAccess access, Deadline deadline) {
        this.spec = spec;
        this.access = access;
        this.deadline = deadline;
    }

    Machine boot() {
        return start(null, (qmp, left) -> Monitor.status(qmp, left));
    }

    Machine restore(RamImage ram, Path devices) {
        if (!ram.size().equals(spec.memory())) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A machine of " + spec.memory() + " can't continue RAM of " + ram.size());
        }
        return switch (ram) {
            case RamImage.Flat flat -> restoreFlat(flat, devices);
            case RamImage.Delta delta -> {
                try {
                    yield restoreDelta(delta, devices);
                } catch (NeedsFlatException e) {
                    yield restoreFlattened(delta, devices);
                }
            }
        };
    }

    private Machine restoreFlat(RamImage.Flat flat, Path devices) {
        check(flat);
        return start(flat.file(), (qmp, left) -> load(qmp, devices, left));
    }

    /// Maps the base and writes the pages of the delta over it, before any device looks at RAM.
    private Machine restoreDelta(RamImage.Delta delta, Path devices) throws NeedsFlatException {
        if (access == MemoryAccess.QMP) {
            throw new NeedsFlatException();
        }
        check(delta.base());
        var refused = new boolean[1];
        try {
            return start(
                    delta.base().file(),
                    (qmp, left) -> {
                        refused[0] = !write(delta, qmp, left);
                        if (refused[0]) {
                            throw new IOException("QEMU's memory can't be written directly");
                        }
                        return load(qmp, devices, left);
                    });
        } catch (StasisException e) {
            if (refused[0]) {
                throw new NeedsFlatException();
            }
            throw e;
        }
    }

    private boolean write(RamImage.Delta delta, QmpClient qmp, Deadline left)
            throws QmpException, IOException {
        var processes = Machine.processes(spec.files());
        if (processes.isEmpty()) {
            throw new IOException("the launcher has not written down who runs");
        }
        var target = new MemoryAccess.Target(processes.get().qemu(), delta.size());
        var memory = access.openDirect(qmp, target, left);
        if (memory.isEmpty()) {
            return false;
        }
        try (var open = RamDelta.open(delta.file(), delta.size())) {
            open.apply(memory.get()::write);
        }
        return true;
    }

    /// The flat image has no name any more once QEMU has it; it goes with QEMU.
    private Machine restoreFlattened(RamImage.Delta delta, Path devices) {
        var file =
                spec.files().logs().resolve("restored-" + ProcessHandle.current().pid() + ".ram");
        try {
            Files.deleteIfExists(file);
            var flat = delta.flattenTo(file);
            try {
                return restoreFlat(flat, devices);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "A RAM image can't be put together in " + file, e);
        }
    }

    private static void check(RamImage.Flat flat) {
        try {
            if (Files.size(flat.file()) != flat.size().bytes()) {
                throw new StasisException(
                        ErrorCode.STORE_DAMAGED,
                        flat.file()
                                + " has "
                                + Files.size(flat.file())
                                + " bytes instead of "
                                + flat.size().bytes());
            }
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, "The RAM image " + flat.file() + " can't be read", e);
        }
    }

    private Machine start(@Nullable Path image, Monitor.Work<?> afterwards) {
        List<String> options = image == null ? List.of() : List.of(Launcher.SMALL_PAGES);
        var owner = Launcher.start(spec, options, QemuCommand.of(spec, image), deadline);
        var processes =
                Machine.processes(spec.files())
                        .orElseThrow(() ->
                                new StasisException(
                                        ErrorCode.MACHINE_FAILED,
                                        "The launcher did not write down who runs in "
                                                + spec.files().run()));
        var machine = new Machine(spec.files(), processes, access, spec.attached() ? owner : null);
        boolean started = false;
        try {
            new Monitor(spec.files()).run("started", deadline.left(), afterwards);
            started = true;
            return machine;
        } finally {
            if (!started) {
                machine.kill(CLEAN_UP);
                machine.close();
            }
        }
    }

    private Object load(QmpClient qmp, Path devices, Deadline left)
            throws QmpException, IOException {
        var loaded = Monitor.state(qmp, left).after(Operation.LOAD);
        qmp.execute(
                "migrate-set-capabilities",
                Map.of("capabilities", List.of(Map.of("capability", "events", "state", true))),
                left.left());
        var outcome = qmp.expect(MachineStart::isOutcome);
        var socket = spec.files().incoming();
        qmp.execute("migrate-incoming", Map.of("uri", "unix:" + socket), left.left());
        var unsent = send(devices, socket);
        var event = qmp.await(outcome, left.left(), "an end of loading the device state");
        Files.deleteIfExists(socket);
        if (!event.data().text("status").equals("completed")) {
            throw refused(devices, unsent);
        }
        return awaitState(qmp, loaded, left);
    }

    /// A QEMU that does not take a device state says why, and ends.
    private StasisException refused(Path devices, @Nullable IOException unsent) {
        Machine.awaitEnd(spec.files(), DYING);
        return new StasisException(
                ErrorCode.MACHINE_FAILED,
                "The machine in "
                        + spec.files().run()
                        + " can't be started: QEMU does not take the device state "
                        + devices
                        + LogTail.of(spec.files().qemuLog()),
                unsent);
    }

    /// QEMU tells the end of loading and changes its state one after the other, in either order.
    private static MachineState awaitState(QmpClient qmp, MachineState wanted, Deadline left)
            throws QmpException, IOException {
        var state = Monitor.state(qmp, left);
        while (state != wanted) {
            if (left.passed()) {
                throw new IOException("it was loaded, and is " + state + " instead of " + wanted);
            }
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
            state = Monitor.state(qmp, left);
        }
        return state;
    }

    private static boolean isOutcome(QmpEvent event) {
        var status = event.data().optionalText("status").orElse("");
        return event.name().equals("MIGRATION")
                && (status.equals("completed") || status.equals("failed"));
    }

    /// Sends the device state. QEMU closes the connection when it does not like it, so a failure
    /// here is only told when QEMU gives no reason.
    private static @Nullable IOException send(Path devices, Path socket) throws IOException {
        try (var state = FileChannel.open(devices, StandardOpenOption.READ);
                var qemu = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            long size = state.size();
            for (long at = 0; at < size; ) {
                try {
                    at += state.transferTo(at, size - at, qemu);
                } catch (IOException e) {
                    return e;
                }
            }
            return null;
        }
    }

    /// The memory of QEMU can't be written, so a delta must be made flat before.
    private static final class NeedsFlatException extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
