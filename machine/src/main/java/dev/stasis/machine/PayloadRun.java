package dev.stasis.machine;

import dev.stasis.Accelerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Runs the payload once under KVM.
///
/// @param qemu the program
/// @param payload the firmware; it counts, then writes to a port
/// @param cpu the CPU model
/// @param deadline how long it may take
record PayloadRun(Qemu qemu, Path payload, String cpu, Duration deadline) {
    /// The payload writes 1 there, which makes QEMU exit with 1 * 2 + 1.
    private static final String EXIT_DEVICE = "isa-debug-exit,iobase=0xf4,iosize=1";

    private static final int PASSED = 3;

    /// What became of it.
    sealed interface Outcome {}

    /// It got to its end.
    record Passed(Duration took) implements Outcome {}

    /// It was still counting at the deadline.
    record TooSlow() implements Outcome {}

    /// QEMU ended otherwise, or did not start.
    record Failed(String how) implements Outcome {}

    Outcome run() {
        try {
            var said = Files.createTempFile("stasis-probe", ".log");
            try {
                return run(said);
            } finally {
                Files.deleteIfExists(said);
            }
        } catch (IOException e) {
            return new Failed(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Failed("interrupted");
        }
    }

    private Outcome run(Path said) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        var process =
                new ProcessBuilder(command())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(deadline)) {
                return new TooSlow();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        int code = process.exitValue();
        return code == PASSED
                ? new Passed(Duration.ofNanos(System.nanoTime() - begin))
                : new Failed("exit code " + code + LogTail.of(said));
    }

    private List<String> command() {
        return List.of(
                qemu.executable().toString(),
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
                "-machine",
                QemuCommand.MACHINE_TYPE + ",smm=off,vmport=off,usb=off,sata=off",
                "-accel",
                QemuCommand.accelerator(Accelerator.KVM),
                "-cpu",
                cpu,
                "-m",
                "size=16M",
                "-device",
                EXIT_DEVICE,
                "-bios",
                payload.toString());
    }
}
