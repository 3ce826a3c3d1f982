package dev.stasis.guest;

import dev.stasis.ByteSize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// What a guest has of CPUs and memory. Memory is counted in blocks.
///
/// @param cpus those that run
/// @param possibleCpus those that could
/// @param block the size of a block of memory
/// @param memory the blocks in use
/// @param inRange those of them that lie in the range that was asked for
/// @param range the blocks that lie there, in use or not
/// @param available what programs can still get of the memory in use
public record GuestSize(
        int cpus,
        int possibleCpus,
        ByteSize block,
        ByteSize memory,
        ByteSize inRange,
        ByteSize range,
        ByteSize available) {
    static final int BYTES = 48;

    /// Reads the agent's answer.
    ///
    /// @throws IllegalArgumentException when it can't be true
    static GuestSize of(byte[] answer) {
        if (answer.length != BYTES) {
            throw new IllegalArgumentException(answer.length + " bytes");
        }
        var bytes = ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN);
        int cpus = bytes.getInt();
        int possible = bytes.getInt();
        long block = bytes.getLong();
        if (cpus < 1 || possible < cpus || block < 1 << 20 || Long.bitCount(block) != 1) {
            throw new IllegalArgumentException(
                    cpus + " of " + possible + " CPUs, blocks of " + block + " bytes");
        }
        return new GuestSize(
                cpus,
                possible,
                new ByteSize(block),
                size(bytes),
                size(bytes),
                size(bytes),
                size(bytes));
    }

    private static ByteSize size(ByteBuffer bytes) {
        long size = bytes.getLong();
        if (size < 0) {
            throw new IllegalArgumentException("a negative size");
        }
        return new ByteSize(size);
    }
}
