package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.linux.ProcessMemory.Piece;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// Machines that run the counting payload, and what a test wants to know of them. Closing it ends
/// them all, and finds what they left behind.
final class Payload implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(100);
    static final ByteSize MEMORY = ByteSize.ofMebibytes(48);

    /// Where the payload counts.
    private static final int COUNTER = 0x1000;

    private final Path folder;
    private final Accelerator accelerator;
    private final List<Machine> machines = new ArrayList<>();
    private final List<RamReference> references = new ArrayList<>();
    private int next;

    Payload(Path folder, Accelerator accelerator) {
        this.folder = folder;
        this.accelerator = accelerator;
    }

    MachineFiles newFiles() throws IOException {
        var run = Files.createDirectory(folder.resolve("m" + next++));
        return new MachineFiles(run, Files.createDirectory(run.resolve("logs")));
    }

    MachineSpec.Builder spec(MachineFiles files) {
        var builder =
                MachineSpec.builder(
                                TestTools.qemu(),
                                TestTools.launcher(),
                                new Boot.Firmware(TestTools.payload()),
                                files)
                        .tracker(TestTools.tracker())
                        .memory(MEMORY)
                        .lanes(2);
        if (accelerator == Accelerator.KVM) {
            builder.accelerator(
                    new AcceleratorFinding(
                            Accelerator.KVM,
                            MachineSpec.HOST_CPU + ",-arch-capabilities",
                            AcceleratorFinding.Reason.FORCED,
                            "a test of KVM"));
        }
        return builder;
    }

    Machine boot() throws IOException {
        return boot(spec(newFiles()).build());
    }

    Machine boot(MachineSpec spec) {
        return keep(Machine.boot(spec, LONG));
    }

    Machine restore(RamImage ram, Path devices) throws IOException {
        return restore(ram, devices, MemoryAccess.DIRECT);
    }

    Machine restore(RamImage ram, Path devices, MemoryAccess access) throws IOException {
        var spec = spec(newFiles()).memory(ram.size()).build();
        return keep(Machine.restore(spec, Map.of(MemoryBlock.RAM, ram), devices, LONG, access));
    }

    Machine keep(Machine machine) {
        machines.add(machine);
        return machine;
    }

    /// An empty folder for a capture, and the request for it.
    CaptureRequest request(RamImage base) throws IOException {
        var into = Files.createDirectory(folder.resolve("c" + next++));
        var reference = RamReference.open(base);
        references.add(reference);
        return new CaptureRequest(
                into.resolve("devices"), into, Map.of(MemoryBlock.RAM, reference));
    }

    CaptureRequest firstRequest() throws IOException {
        var into = Files.createDirectory(folder.resolve("c" + next++));
        return new CaptureRequest(into.resolve("devices"), into, Map.of());
    }

    /// The count in a living machine.
    static long count(Machine machine) throws Exception {
        try (var arena = Arena.ofConfined()) {
            var page = arena.allocate(Pages.SIZE);
            memory(machine).read(COUNTER, page);
            return Integer.toUnsignedLong(page.get(ValueLayout.JAVA_INT, 0));
        }
    }

    /// The count in a captured RAM.
    static long count(RamImage ram) throws IOException {
        if (ram instanceof RamImage.Delta delta) {
            var flat = delta.file().resolveSibling("flattened");
            try {
                return count(delta.flattenTo(flat));
            } finally {
                Files.deleteIfExists(flat);
            }
        }
        var bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (var channel = FileChannel.open(((RamImage.Flat) ram).file())) {
            channel.read(bytes, COUNTER);
        }
        return Integer.toUnsignedLong(bytes.getInt(0));
    }

    /// Waits until the machine has counted beyond a number.
    static void awaitCountAbove(Machine machine, long number) throws Exception {
        long end = System.nanoTime() + LONG.toNanos();
        while (count(machine) <= number) {
            assertThat(System.nanoTime()).as("the machine counts in time").isLessThan(end);
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
    }

    /// Makes pages of a paused machine differ from what they were.
    static void scribble(Machine machine, int firstPage, int pages, byte value) throws Exception {
        try (var arena = Arena.ofConfined()) {
            var bytes = arena.allocate(Pages.offset(pages)).fill(value);
            memory(machine).write(List.of(new Piece(Pages.offset(firstPage), bytes)));
        }
    }

    private static DirectMemory memory(Machine machine) {
        var target = new MemoryAccess.Target(machine.qemu(), MemoryBlock.ram(MEMORY));
        return machine.monitor()
                .run(
                        "looked into",
                        LONG,
                        (qmp, deadline) -> MemoryAccess.DIRECT.openDirect(qmp, target, deadline))
                .orElseThrow();
    }

    @Override
    public void close() {
        references.forEach(RamReference::close);
        machines.forEach(machine -> machine.kill(LONG));
        machines.forEach(Machine::close);
        for (var machine : machines) {
            var run = machine.files().run();
            assertThat(run.resolve("qmp")).doesNotExist();
            assertThat(run.resolve("lane.0")).doesNotExist();
            assertThat(run.resolve("in")).doesNotExist();
            assertThat(machine.qemu().isAlive()).isFalse();
        }
    }
}
