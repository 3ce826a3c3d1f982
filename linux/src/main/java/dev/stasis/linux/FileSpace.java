package dev.stasis.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/// The space that a file takes on its disk, asked for ahead of what is written or given back, by
/// `fallocate`. A file system that is not asked ahead finds space for each page as it comes, which
/// takes about as long as copying it. Neither call changes the file's size.
///
/// A file system that can do neither is left alone: writing takes longer then. Thread-safe.
public final class FileSpace implements AutoCloseable {
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;

    private static final SystemCall FALLOCATE = SystemCall.named("fallocate");

    private final Descriptor descriptor;
    private volatile boolean refused;

    private FileSpace(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /// Opens a file for it. Whoever opened it closes it.
    ///
    /// @param file must exist, and be writable
    public static FileSpace of(Path file) throws IOException {
        return new FileSpace(Descriptor.open(file, Descriptor.READ_WRITE));
    }

    /// Makes room for what will be written. Until it is, the range reads as zeros and counts as a
    /// hole, but takes space.
    ///
    /// @param offset in bytes
    /// @param length in bytes
    /// @return whether there is room; when not, no call asks for more
    public boolean reserve(long offset, long length) {
        if (refused) {
            return false;
        }
        refused = !call(KEEP_SIZE, offset, length);
        return !refused;
    }

    /// Gives the space of a range back, which reads as zeros then.
    ///
    /// @param offset in bytes; with the length, what is not a whole block of the file system is
    ///   only made zeros
    /// @param length in bytes
    /// @return whether that was done; when not, all is as it was
    public boolean release(long offset, long length) {
        return call(KEEP_SIZE | PUNCH_HOLE, offset, length);
    }

    private boolean call(int mode, long offset, long length) {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            return FALLOCATE.number(state, descriptor.number(), mode, offset, length) == 0;
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
