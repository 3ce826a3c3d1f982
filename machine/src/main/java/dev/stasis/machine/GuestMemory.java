package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/// The RAM of a machine that stands still. Reads may go on in several threads.
interface GuestMemory extends AutoCloseable {
    /// The pages that may differ from what the machine's RAM was mapped from. Every other page is
    /// what it was.
    BitSet written() throws IOException;

    /// Fills `target` from RAM.
    ///
    /// @param offset in the RAM block, in bytes
    /// @param target native memory
    void read(long offset, MemorySegment target) throws IOException;

    @Override
    void close() throws IOException;
}
