package dev.stasis.guest;

import dev.stasis.ByteSize;
import java.time.Duration;

/// The numbers that a guest counts: all of it is what the guest says.
///
/// @param cpu what its users' processes took of its CPUs
/// @param memory its memory
/// @param disk its disk
/// @param network its network, without the loopback
/// @param commands its commands
/// @param uptime how long it has run, without the time that it stood still
public record GuestMetrics(
        Cpu cpu, Memory memory, Disk disk, Network network, Commands commands, Duration uptime) {
    static final int NUMBERS = 15;

    /// Time on the guest's CPUs that users' processes took.
    ///
    /// @param user in programs
    /// @param system in the kernel on their behalf
    public record Cpu(Duration user, Duration system) {}

    /// Memory.
    ///
    /// @param users what users' processes hold, with the files cached for them
    /// @param total what the kernel manages
    /// @param available what programs could still get
    public record Memory(ByteSize users, ByteSize total, ByteSize available) {}

    /// The file system on the sandbox's disk, and its traffic.
    ///
    /// @param size of the file system
    /// @param free what users can still write
    /// @param read since the guest booted
    /// @param written since the guest booted
    public record Disk(ByteSize size, ByteSize free, ByteSize read, ByteSize written) {}

    /// Traffic of the network.
    ///
    /// @param received since the guest booted
    /// @param sent since the guest booted
    public record Network(ByteSize received, ByteSize sent) {}

    /// Commands that hosts asked for.
    ///
    /// @param started since the guest booted
    /// @param running now
    /// @param failed that could not be started, since the guest booted
    public record Commands(long started, long running, long failed) {}

    static GuestMetrics of(long[] n) {
        return new GuestMetrics(
                new Cpu(micros(n[0]), micros(n[1])),
                new Memory(new ByteSize(n[2]), new ByteSize(n[3]), new ByteSize(n[4])),
                new Disk(
                        new ByteSize(n[5]),
                        new ByteSize(n[6]),
                        new ByteSize(n[7]),
                        new ByteSize(n[8])),
                new Network(new ByteSize(n[9]), new ByteSize(n[10])),
                new Commands(n[11], n[12], n[13]),
                Duration.ofMillis(n[14]));
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(Math.min(micros, Long.MAX_VALUE / 1000) * 1000);
    }
}
