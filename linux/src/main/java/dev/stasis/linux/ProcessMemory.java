package dev.stasis.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.List;

/// The memory of another process of the same user, by `process_vm_readv` and `process_vm_writev`:
/// one copy between the two address spaces. The other process should stand still.
///
/// The kernel wants the right to trace that process. Where it refuses, the exception says so by
/// {@link SystemCallException#isRefused()}. Thread-safe.
public final class ProcessMemory {
    private static final SystemCall READ = SystemCall.named("process_vm_readv");
    private static final SystemCall WRITE = SystemCall.named("process_vm_writev");

    /// A `struct iovec` is an address and a length, eight bytes each.
    private static final long VECTOR_BYTES = 16;

    /// The kernel takes no more in one call (`UIO_MAXIOV`).
    private static final int VECTORS_MAX = 1024;

    private final int pid;

    /// The memory of a process. Nothing is opened.
    public ProcessMemory(long pid) {
        this.pid = Math.toIntExact(pid);
    }

    /// Fills `target` from the process.
    ///
    /// @param address where in the address space of the process
    /// @param target native memory
    /// @throws SystemCallException also when a part of the range is not mapped there
    public void read(long address, MemorySegment target) throws SystemCallException {
        copy(READ, "process_vm_readv", address, target);
    }

    /// Something to be written.
    ///
    /// @param offset where, from a place that all pieces share, in bytes
    /// @param bytes native memory
    public record Piece(long offset, MemorySegment bytes) {}

    /// Writes many pieces, with few calls.
    ///
    /// @param base what their offsets are from, in the address space of the process
    /// @throws SystemCallException also when a part of the range is not mapped writable there
    public void write(long base, List<Piece> pieces) throws SystemCallException {
        for (int done = 0; done < pieces.size(); done += VECTORS_MAX) {
            var some = pieces.subList(done, Math.min(pieces.size(), done + VECTORS_MAX));
            if (!writeAtOnce(base, some)) {
                for (var piece : some) { // one of them fails, and says where
                    copy(WRITE, "process_vm_writev", base + piece.offset, piece.bytes);
                }
            }
        }
    }

    private boolean writeAtOnce(long base, List<Piece> pieces) {
        try (var arena = Arena.ofConfined()) {
            var local = arena.allocate(VECTOR_BYTES * pieces.size(), Long.BYTES);
            var remote = arena.allocate(VECTOR_BYTES * pieces.size(), Long.BYTES);
            var locals = longs(local);
            var remotes = longs(remote);
            long total = 0;
            for (var piece : pieces) {
                long length = piece.bytes.byteSize();
                locals.put(piece.bytes.address()).put(length);
                remotes.put(base + piece.offset).put(length);
                total += length;
            }
            int count = pieces.size();
            return total
                    == WRITE.word(
                            SystemCall.state(arena),
                            pid,
                            local.address(),
                            count,
                            remote.address(),
                            count,
                            0);
        }
    }

    private void copy(SystemCall call, String name, long address, MemorySegment ours)
            throws SystemCallException {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            var local = arena.allocate(VECTOR_BYTES, Long.BYTES);
            var remote = arena.allocate(VECTOR_BYTES, Long.BYTES);
            for (long done = 0; done < ours.byteSize(); ) {
                fill(local, ours.address() + done, ours.byteSize() - done);
                fill(remote, address + done, ours.byteSize() - done);
                long copied = call.word(state, pid, local.address(), 1, remote.address(), 1, 0);
                if (copied <= 0) {
                    throw SystemCall.failure(
                            name,
                            "of process " + pid + " at 0x" + Long.toHexString(address + done),
                            state);
                }
                done += copied;
            }
        }
    }

    private static void fill(MemorySegment vector, long address, long length) {
        longs(vector).put(address).put(length);
    }

    /// Not by the segment's own ways, for which Java makes code anew in each process.
    private static LongBuffer longs(MemorySegment vectors) {
        return vectors.asByteBuffer().order(ByteOrder.nativeOrder()).asLongBuffer();
    }
}
