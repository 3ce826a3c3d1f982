package dev.stasis.itest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// The QEMU process of a sandbox, found by the disk in its command line.
final class MachineProcess {
    private final ProcessHandle process;

    private MachineProcess(ProcessHandle process) {
        this.process = process;
    }

    /// Waits until a sandbox has a QEMU process.
    static MachineProcess await(Path home, String sandbox)
            throws IOException, InterruptedException {
        Eventually.is(
                Duration.ofMinutes(3),
                "a QEMU of sandbox " + sandbox,
                () -> find(home, sandbox).isPresent());
        return new MachineProcess(find(home, sandbox).orElseThrow());
    }

    long pid() {
        return process.pid();
    }

    /// How many layers of a disk it has open.
    long openLayers() throws IOException {
        long count = 0;
        try (var links = Files.newDirectoryStream(Path.of("/proc", pid() + "", "fd"))) {
            for (var link : links) {
                count += isLayer(link) ? 1 : 0;
            }
        }
        return count;
    }

    private static boolean isLayer(Path link) throws IOException {
        try {
            return Files.readSymbolicLink(link).toString().contains(".qcow2");
        } catch (NoSuchFileException e) {
            return false; // closed meanwhile
        }
    }

    void kill() throws IOException, InterruptedException {
        process.destroyForcibly();
        Eventually.is(
                Duration.ofMinutes(1),
                "the end of process " + process.pid(),
                () -> !process.isAlive());
    }

    private static Optional<ProcessHandle> find(Path home, String sandbox) {
        String disk = home.resolve("sandboxes").resolve(sandbox) + "/";
        return ProcessHandle.allProcesses().filter(p -> isQemuOf(p.pid(), disk)).findFirst();
    }

    private static boolean isQemuOf(long pid, String disk) {
        try {
            var line =
                    Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                            .replace('\0', ' ');
            return line.substring(0, line.indexOf(' ')).contains("qemu-system")
                    && line.contains(disk);
        } catch (IOException | IndexOutOfBoundsException e) {
            return false; // it has ended, or is no program
        }
    }
}
