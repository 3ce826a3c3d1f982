package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One capture: device state and memory.
///
/// @param qemu whose
/// @param access how its memory is reached
/// @param qmp its monitor
/// @param deadline for QEMU's part of it
record Capturing(ProcessId qemu, MemoryAccess access, QmpClient qmp, Deadline deadline) {
    /// @param ahead what was done while the machine ran
    /// @param last run just before the machine stands still
    Capture run(CaptureRequest request, CaptureAhead ahead, Runnable last)
            throws QmpException, IOException {
        var layout = MemoryLayout.of(qmp, deadline);
        var written = new ArrayList<>(List.of(request.devices()));
        for (var block : layout.blocks()) {
            written.add(request.memoryFolder().resolve(RamImage.Flat.nameOf(block.name())));
            written.add(request.memoryFolder().resolve(RamImage.Delta.nameOf(block.name())));
        }
        for (var file : written) {
            requireAbsent(file);
        }
        last.run();
        execute("stop", Map.of());
        boolean done = false;
        try {
            saveDevices(request.devices());
            var memory = new LinkedHashMap<String, RamImage>();
            for (var block : layout.blocks()) {
                memory.put(block.name(), save(block, request, ahead));
            }
            done = true;
            return new Capture(request.devices(), memory, layout.dimms());
        } finally {
            if (!done) {
                for (var file : written) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /// QEMU gives up the locks of a stopped machine's disks unless it is told that it is not live.
    private void saveDevices(Path file) throws QmpException {
        execute("xen-save-devices-state", Map.of("filename", file.toString(), "live", false));
    }

    private RamImage save(MemoryBlock block, CaptureRequest request, CaptureAhead ahead)
            throws QmpException, IOException {
        var begun = ahead.of(block);
        if (begun.isPresent()) {
            return begun.get().finish();
        }
        var base = request.bases().get(block.name());
        var target = new MemoryAccess.Target(qemu, block);
        try (var memory = access.open(qmp, target, request.memoryFolder(), deadline)) {
            boolean readOnly = version(qmp).mapsReadOnlyFiles();
            return new RamCapture(memory, block, request.memoryFolder(), readOnly).write(base);
        }
    }

    static QemuVersion version(QmpClient qmp) throws QmpException {
        var version = qmp.version();
        return new QemuVersion(
                (int) version.number("major"),
                (int) version.number("minor"),
                (int) version.number("micro"));
    }

    private Object execute(String command, Map<String, ?> arguments) throws QmpException {
        return qmp.execute(command, arguments, deadline.left());
    }

    private static void requireAbsent(Path file) {
        if (Files.exists(file)) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A machine can't be captured into " + file + ": it exists");
        }
    }
}
