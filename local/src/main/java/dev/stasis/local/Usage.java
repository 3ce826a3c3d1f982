package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.SandboxUsage;
import dev.stasis.StasisException;
import dev.stasis.linux.SparseFiles;
import dev.stasis.machine.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What one sandbox takes from this computer.
final class Usage {
    private final Place place;

    Usage(Place place) {
        this.place = place;
    }

    SandboxUsage measure() {
        var disk = place.record().layers().disk();
        try {
            return new SandboxUsage(ownMemory(), ownDisk(), size(disk));
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "What sandbox " + place.name() + " uses can't be measured",
                    e);
        }
    }

    /// The pages that only the machine's QEMU has. Those of its RAM image that it has merely read
    /// are the snapshot's, though no other process may have mapped them just now.
    private ByteSize ownMemory() throws IOException {
        var machine = Machine.find(place.machineFiles());
        if (machine.isEmpty()) {
            return new ByteSize(0);
        }
        try (var lines =
                Files.lines(Path.of("/proc", Long.toString(machine.get().pid()), "smaps_rollup"))) {
            long kibibytes =
                    lines.filter(line -> line.startsWith("Anonymous:") || line.startsWith("Swap:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                            .sum();
            return new ByteSize(kibibytes * 1024);
        } catch (NoSuchFileException e) {
            return new ByteSize(0); // it has just ended
        }
    }

    private ByteSize size(@Nullable String disk) {
        return disk == null
                ? new ByteSize(0)
                : DiskOverlays.virtualSize(place.folder().resolve(disk));
    }

    private ByteSize ownDisk() throws IOException {
        long bytes = 0;
        try (var files = Files.newDirectoryStream(place.folder(), "disk-*")) {
            for (var file : files) {
                bytes += SparseFiles.dataBytes(file);
            }
        }
        return new ByteSize(bytes);
    }
}
