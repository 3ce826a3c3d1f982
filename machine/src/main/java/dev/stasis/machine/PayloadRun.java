package dev.stasis.machine;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.AcceleratorFinding.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Runs the payload once under KVM, in a machine that ends with this process.
///
/// @param tools what it is run with
/// @param cpu the CPU model
/// @param patience how long it may take
record PayloadRun(ProbeTools tools, String cpu, Duration patience) {
    /// The payload writes 1 there, which makes QEMU exit with 1 * 2 + 1.
    private static final String EXIT_DEVICE = "isa-debug-exit,iobase=0xf4,iosize=1";

    private static final Optional<MachineEnd> PASSED = Optional.of(new MachineEnd.Exited(3));
    private static final ByteSize MEMORY = ByteSize.ofMebibytes(16);
    private static final Duration START = Duration.ofSeconds(30);

    /// What became of it.
    sealed interface Outcome {}

    /// It got to its end.
    record Passed(Duration took) implements Outcome {}

    /// It was still counting when the patience was over.
    record TooSlow() implements Outcome {}

    /// QEMU ended otherwise, or did not start.
    record Failed(String how) implements Outcome {}

    /// Runs it.
    ///
    /// @throws StasisException when this computer does not let it be tried
    Outcome run() {
        try (var place = tools.files().get()) {
            return run(place.files());
        }
    }

    private Outcome run(MachineFiles files) {
        var spec = spec(files);
        try (var _ = Launcher.start(spec, List.of(), command(spec), Deadline.in(START))) {
            long begin = System.nanoTime();
            if (!Machine.awaitEnd(files, patience)) {
                return new TooSlow();
            }
            var took = Duration.ofNanos(System.nanoTime() - begin);
            var end = Machine.end(files);
            return end.equals(PASSED) ? new Passed(took) : new Failed(how(end, files));
        } catch (StasisException e) {
            if (e.code() != ErrorCode.MACHINE_FAILED) {
                throw e;
            }
            return new Failed(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The machine that tries KVM can't be let go", e);
        }
    }

    private static String how(Optional<MachineEnd> end, MachineFiles files) {
        return end.map(MachineEnd::toString).orElse("its launcher was ended too")
                + LogTail.ofGone(files.qemuLog());
    }

    private MachineSpec spec(MachineFiles files) {
        var wanted = new AcceleratorFinding(Accelerator.KVM, cpu, Reason.FORCED, "it is tried");
        var firmware = new Boot.Firmware(tools.payload());
        return MachineSpec.builder(tools.qemu(), tools.launcher(), firmware, files)
                .accelerator(wanted)
                .memory(MEMORY)
                .lanes(0)
                .build();
    }

    private static List<String> command(MachineSpec spec) {
        var command = new ArrayList<>(QemuCommand.of(spec, Map.of()));
        command.addAll(List.of("-device", EXIT_DEVICE));
        return command;
    }
}
