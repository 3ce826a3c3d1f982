package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpEvent;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        var machine = start(Map.of(), () -> {}, (qmp, left) -> Monitor.status(qmp, left));
        machine.monitor().close();
        return machine;
    }

    Machine restore(Map<String, RamImage> memory, Path devices) {
        check(memory);
        var state = new DeviceState(devices);
        try {
            return restoreDirectly(memory, state);
        } catch (NeedsFlatException e) {
            return restoreFlattened(memory, state);
        }
    }

    private void check(Map<String, RamImage> memory) {
        var blocks = spec.blocks();
        for (var block : blocks) {
            var image = memory.get(block.name());
            if (image == null || !image.size().equals(block.size())) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "A machine whose %s is of %s can't continue with %s"
                                .formatted(
                                        block.name(),
                                        block.size(),
                                        image == null ? "nothing there" : image.size()));
            }
        }
        if (memory.size() > blocks.size()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A machine has no place for some of " + memory.keySet());
        }
    }

    /// Maps what is flat, and writes the pages of deltas over their bases before any device looks
    /// at memory.
    private Machine restoreDirectly(Map<String, RamImage> memory, DeviceState devices)
            throws NeedsFlatException {
        var images = new LinkedHashMap<String, Path>();
        try (var pages = new DeltaPages(access)) {
            for (var block : spec.blocks()) {
                var image = Objects.requireNonNull(memory.get(block.name()));
                images.put(block.name(), check(image.flat()));
                if (image instanceof RamImage.Delta delta) {
                    pages.add(block, delta);
                }
            }
            if (access == MemoryAccess.QMP && !pages.isEmpty()) {
                throw new NeedsFlatException();
            }
            return start(images, pages, devices);
        }
    }

    private Machine start(Map<String, Path> images, DeltaPages pages, DeviceState devices)
            throws NeedsFlatException {
        try {
            return start(
                    images,
                    () -> {
                        pages.open(spec.files());
                        devices.read();
                    },
                    (qmp, left) -> {
                        pages.write(qmp, left);
                        return load(qmp, devices, left);
                    });
        } catch (StasisException e) {
            if (pages.wereRefused()) {
                throw new NeedsFlatException();
            }
            throw e;
        }
    }

    /// The flat images have no name any more once QEMU has them; they go with QEMU.
    private Machine restoreFlattened(Map<String, RamImage> memory, DeviceState devices) {
        var made = new ArrayList<Path>();
        var images = new LinkedHashMap<String, Path>();
        try {
            try {
                for (var block : memory.entrySet()) {
                    images.put(block.getKey(), flat(block.getKey(), block.getValue(), made));
                }
                return start(images, devices::read, (qmp, left) -> load(qmp, devices, left));
            } finally {
                for (var file : made) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "A RAM image can't be put together in " + spec.files().logs(),
                    e);
        }
    }

    private Path flat(String block, RamImage image, List<Path> made) throws IOException {
        return switch (image) {
            case RamImage.Flat flat -> flat.file();
            case RamImage.Delta delta -> {
                var name = "restored-%d-%s.ram".formatted(ProcessHandle.current().pid(), block);
                var file = spec.files().logs().resolve(name);
                made.add(file);
                Files.deleteIfExists(file);
                yield delta.flattenTo(file).file();
            }
        };
    }

    private static Path check(RamImage.Flat flat) {
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
            return flat.file();
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, "The RAM image " + flat.file() + " can't be read", e);
        }
    }

    /// What is to be read meanwhile.
    @FunctionalInterface
    private interface Meanwhile {
        void run() throws IOException;
    }

    /// @param meanwhile is done while QEMU gets ready, which takes longer
    /// @return with its monitor held
    private Machine start(
            Map<String, Path> images, Meanwhile meanwhile, Monitor.Work<?> afterwards) {
        List<String> options = images.isEmpty() ? List.of() : List.of(Launcher.SMALL_PAGES);
        var owner = Launcher.start(spec, options, QemuCommand.of(spec, images), deadline);
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
            meanwhile.run();
            machine.monitor().hold("started", deadline.left());
            machine.monitor().run("started", deadline.left(), afterwards);
            started = true;
            return machine;
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "What the machine in " + spec.files().run() + " is to go on from can't be read",
                    e);
        } finally {
            if (!started) {
                machine.kill(CLEAN_UP);
                machine.close();
            }
        }
    }

    private Object load(QmpClient qmp, DeviceState devices, Deadline left)
            throws QmpException, IOException {
        var outcome = qmp.expect(MachineStart::isOutcome);
        var socket = spec.files().incoming();
        qmp.execute("migrate-incoming", Map.of("uri", "unix:" + socket), left.left());
        var unsent = devices.send(socket);
        var event = qmp.await(outcome, left.left(), "an end of loading the device state");
        Files.deleteIfExists(socket);
        if (!event.data().text("status").equals("completed")) {
            throw refused(devices, unsent);
        }
        return awaitPaused(qmp, left);
    }

    /// A QEMU that does not take a device state says why, and ends.
    private StasisException refused(DeviceState devices, @Nullable IOException unsent) {
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
    private static MachineState awaitPaused(QmpClient qmp, Deadline left)
            throws QmpException, IOException {
        var state = Monitor.state(qmp, left);
        while (state != MachineState.PAUSED) {
            if (left.passed()) {
                throw new IOException("it was loaded, and is " + state + " instead of paused");
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

    /// The memory of QEMU can't be written, so a delta must be made flat before.
    private static final class NeedsFlatException extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
