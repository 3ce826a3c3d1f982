package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.SandboxUsage;
import dev.stasis.StasisException;
import dev.stasis.linux.SparseFiles;
import dev.stasis.machine.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What one sandbox takes from this computer.
final class Usage {
    private static final Pattern COUNTED = Pattern.compile("(\\w+): +(\\d{1,15}) kB");

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
    private ByteSize ownMemory() {
        var memory = memory();
        return new ByteSize(bytes(memory, "Anonymous") + bytes(memory, "Swap"));
    }

    private static long bytes(Map<String, ByteSize> memory, String name) {
        return memory.getOrDefault(name, new ByteSize(0)).bytes();
    }

    /// What the kernel counts of the machine's memory, by its names; nothing when there is no
    /// machine.
    Map<String, ByteSize> memory() {
        var machine = Machine.find(place.machineFiles());
        if (machine.isEmpty()) {
            return Map.of();
        }
        var file = Path.of("/proc", Long.toString(machine.get().pid()), "smaps_rollup");
        try (var lines = Files.lines(file)) {
            return lines.map(COUNTED::matcher)
                    .filter(Matcher::matches)
                    .collect(
                            Collectors.toMap(
                                    m -> m.group(1),
                                    m -> new ByteSize(Long.parseLong(m.group(2)) * 1024)));
        } catch (UncheckedIOException | IOException e) {
            if (!machine.get().isAlive()) {
                return Map.of(); // it has just ended
            }
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "The memory of sandbox " + place.name() + " can't be measured",
                    e);
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
