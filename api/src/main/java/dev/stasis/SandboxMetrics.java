package dev.stasis;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What a sandbox has used and uses, at one moment.
///
/// @param time when that was, by this computer's clock
/// @param host what it takes from this computer
/// @param guest what the guest counts; empty when the sandbox does not run, when its agent is too
///   old for that or did not answer in time ({@link Sandbox#ping()} says why)
public record SandboxMetrics(Instant time, Host host, Optional<Guest> guest) {
    /// What it takes from this computer; without a machine all but its disk is 0.
    ///
    /// @param cpu time on this computer's CPUs that its machine has taken since it was started,
    ///   emulation included
    /// @param memory what its machine has of this computer's memory, what it shares with its
    ///   snapshot, its siblings and other programs included
    /// @param proportionalMemory the same, with only its part of what is shared: the sum over all
    ///   programs is what is in use
    /// @param usage what only this sandbox takes
    public record Host(
            Duration cpu, ByteSize memory, ByteSize proportionalMemory, SandboxUsage usage) {}

    /// What the guest counts: all of it is what the guest says. It lives in the guest's memory: a
    /// fork goes on from the numbers of its snapshot.
    ///
    /// @param cpu what its commands took of its CPUs
    /// @param memory its memory
    /// @param disk its disk
    /// @param network traffic of its network; empty when it has none
    /// @param execs its commands
    /// @param uptime how long it has run, without the time that it stood still
    public record Guest(
            Cpu cpu,
            Memory memory,
            Disk disk,
            Optional<Traffic> network,
            Execs execs,
            Duration uptime) {}

    /// Time on the guest's CPUs.
    ///
    /// @param user in programs
    /// @param system in the guest's kernel on their behalf
    public record Cpu(Duration user, Duration system) {}

    /// The guest's memory.
    ///
    /// @param used what its commands hold, with the files cached for them
    /// @param total what its kernel manages
    /// @param available what programs could still get
    public record Memory(ByteSize used, ByteSize total, ByteSize available) {}

    /// The guest's disk.
    ///
    /// @param used what is in use of its file system
    /// @param size of its file system
    /// @param read from the disk since the guest booted
    /// @param written to the disk since the guest booted
    public record Disk(ByteSize used, ByteSize size, ByteSize read, ByteSize written) {}

    /// Bytes that went through the guest's network device.
    ///
    /// @param received since the guest booted
    /// @param sent since the guest booted
    public record Traffic(ByteSize received, ByteSize sent) {}

    /// Commands, those of file sessions not counted.
    ///
    /// @param started since the guest booted
    /// @param running now
    /// @param failed that could not be started, since the guest booted
    public record Execs(long started, long running, long failed) {}
}
