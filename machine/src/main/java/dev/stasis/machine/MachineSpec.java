package dev.stasis.machine;

import dev.stasis.Accelerator;
import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.PublishedPort;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a machine is made of, before it exists. Built by {@link #builder}.
///
/// @param qemu the program that it will be
/// @param launcher the program that starts it and stays its parent
/// @param tracker the library by which the kernel notes what the machine writes, or null
/// @param accelerator what runs its CPUs
/// @param cpu QEMU's name of the CPU model, with its features
/// @param memory the RAM that it boots with
/// @param memoryLimit as much memory as it can have with what is plugged later; `memory` when
///   nothing can be
/// @param dimms what is plugged from the start, as a captured machine had it
/// @param cpus how many, though its guest may leave some of them unused
/// @param boot what a fresh machine starts with; a restored one looks at nothing of it but the
///   firmware
/// @param root a raw image below everything, read-only, or null
/// @param disk a qcow2 overlay that it alone writes, or null
/// @param beneath the layers that the overlay lies on, the uppermost first; the lowest one says
///   itself what it lies on, and so does the overlay when there are none here
/// @param lanes how many connections to the guest's agent there are
/// @param network the command of the program at the other end of its network device, which is given
///   the number of a socket for {@link #PEER}; empty when it has no such device
/// @param ports which ports of this computer lead into the guest
/// @param files where its sockets and logs are
/// @param attached whether it ends with the process that starts it, until it is detached
public record MachineSpec(
        Qemu qemu,
        Path launcher,
        @Nullable Path tracker,
        Accelerator accelerator,
        String cpu,
        ByteSize memory,
        ByteSize memoryLimit,
        List<Dimm> dimms,
        int cpus,
        Boot boot,
        @Nullable Path root,
        @Nullable Path disk,
        List<Path> beneath,
        int lanes,
        List<String> network,
        Ports ports,
        MachineFiles files,
        boolean attached) {

    /// Ports of this computer that lead into the guest. A process beside QEMU listens there, and
    /// speaks with the guest's agent.
    ///
    /// @param published each of them
    /// @param lane the lane that this process has for itself, which also asks the guest to end when
    ///   its time is over; 0 = there is none
    public record Ports(List<PublishedPort> published, int lane) {
        /// None.
        public static final Ports NONE = new Ports(List.of(), 0);

        /// Copies.
        public Ports {
            published = List.copyOf(published);
        }
    }

    /// Stands for the socket in a network's command.
    public static final String PEER = "@peer@";

    /// The CPU of software emulation: what current distributions ask for, in a model that does not
    /// change with QEMU's version.
    static final String EMULATED_CPU = "Nehalem-v1,+rdrand";

    /// The CPU of hardware virtualisation: that of the host.
    static final String HOST_CPU = "host,migratable=on";

    private static final int MOST_LANES = 29;
    private static final int MOST_CPUS = 255;
    private static final int PAGE = 4096;

    /// Checks the numbers.
    public MachineSpec {
        network = List.copyOf(network);
        dimms = dimms.stream().sorted().toList();
        check(memory.bytes() > 0 && memory.bytes() % (1 << 20) == 0, "memory", memory);
        check(
                memoryLimit.bytes() % (1 << 20) == 0 && memoryLimit.compareTo(memory) >= 0,
                "memory limit",
                memoryLimit);
        check(dimms.isEmpty() || canGrow(memory, memoryLimit), "plugged memory", dimms);
        check(cpus >= 1 && cpus <= MOST_CPUS, "cpus", cpus);
        check(ports.lane == 0 || ports.lane < lanes, "lane of ports", ports.lane);
        check(ports.published.isEmpty() || ports.lane > 0, "lane of ports", ports.lane);
        check(lanes >= 0 && lanes <= MOST_LANES, "lanes", lanes);
        check(memory.bytes() / PAGE < Integer.MAX_VALUE, "memory", memory);
    }

    /// Whether memory can be plugged.
    boolean canGrow() {
        return canGrow(memory, memoryLimit);
    }

    private static boolean canGrow(ByteSize memory, ByteSize memoryLimit) {
        return memoryLimit.compareTo(memory) > 0;
    }

    /// Each part of its memory.
    List<MemoryBlock> blocks() {
        return new MemoryLayout(memory, dimms).blocks();
    }

    private static void check(boolean fits, String name, Object value) {
        if (!fits) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A machine can't have " + name + " = " + value + ": out of bounds");
        }
    }

    /// Begins a machine with 512 MiB, one CPU and 16 lanes under software emulation, attached.
    ///
    /// @param qemu the program that it will be
    /// @param launcher the program that starts it
    /// @param boot what it starts with
    /// @param files where its sockets and logs are
    public static Builder builder(Qemu qemu, Path launcher, Boot boot, MachineFiles files) {
        return new Builder(qemu, launcher, boot, files);
    }

    /// Collects what a machine is made of.
    public static final class Builder {
        private final Qemu qemu;
        private final Path launcher;
        private final Boot boot;
        private final MachineFiles files;
        private @Nullable Path tracker;
        private Accelerator accelerator = Accelerator.TCG;
        private String cpu = EMULATED_CPU;
        private ByteSize memory = ByteSize.ofMebibytes(512);
        private ByteSize memoryLimit = new ByteSize(0);
        private List<Dimm> dimms = List.of();
        private int cpus = 1;
        private @Nullable Path root;
        private @Nullable Path disk;
        private List<Path> beneath = List.of();
        private int lanes = 16;
        private List<String> network = List.of();
        private Ports ports = Ports.NONE;
        private boolean attached = true;

        private Builder(Qemu qemu, Path launcher, Boot boot, MachineFiles files) {
            this.qemu = qemu;
            this.launcher = launcher;
            this.boot = boot;
            this.files = files;
        }

        /// The library that lets the kernel note what the machine writes, for captures that follow
        /// what changed.
        public Builder tracker(Path library) {
            this.tracker = library.toAbsolutePath();
            return this;
        }

        /// What runs the CPUs, as the probe found it.
        public Builder accelerator(AcceleratorFinding finding) {
            this.accelerator = finding.accelerator();
            this.cpu = finding.cpu();
            return this;
        }

        /// The RAM, whole mebibytes.
        public Builder memory(ByteSize size) {
            this.memory = size;
            return this;
        }

        /// As much memory as it can have with what is plugged, whole mebibytes; unless said
        /// otherwise nothing can be plugged.
        public Builder memoryLimit(ByteSize size) {
            this.memoryLimit = size;
            return this;
        }

        /// What is plugged from the start.
        public Builder dimms(List<Dimm> plugged) {
            this.dimms = plugged;
            return this;
        }

        /// How many CPUs.
        public Builder cpus(int count) {
            this.cpus = count;
            return this;
        }

        /// A raw image, read-only.
        public Builder root(Path image) {
            this.root = image.toAbsolutePath();
            return this;
        }

        /// A qcow2 overlay that this machine alone writes.
        public Builder disk(Path overlay) {
            this.disk = overlay.toAbsolutePath();
            return this;
        }

        /// The layers that the overlay lies on, whatever it says itself.
        ///
        /// @param layers the uppermost first
        public Builder beneath(List<Path> layers) {
            this.beneath = layers.stream().map(Path::toAbsolutePath).toList();
            return this;
        }

        /// How many lanes, at most 29.
        public Builder lanes(int count) {
            this.lanes = count;
            return this;
        }

        /// Gives it a network device.
        ///
        /// @param command the program at its other end, with its arguments
        public Builder network(List<String> command) {
            this.network = command;
            return this;
        }

        /// Which ports of this computer lead into the guest.
        public Builder ports(Ports leading) {
            this.ports = leading;
            return this;
        }

        /// Leaves the machine on its own from the start.
        public Builder detached() {
            this.attached = false;
            return this;
        }

        /// The machine, described.
        public MachineSpec build() {
            return new MachineSpec(
                    qemu,
                    launcher,
                    tracker,
                    accelerator,
                    cpu,
                    memory,
                    memoryLimit.compareTo(memory) < 0 ? memory : memoryLimit,
                    dimms,
                    cpus,
                    boot,
                    root,
                    disk,
                    beneath,
                    lanes,
                    network,
                    ports,
                    files,
                    attached);
        }
    }
}
