package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.util.BitSet;

/// RAM is counted in pages of 4 KiB, by their number in the RAM block. A set of them is a {@link
/// BitSet}.
final class Pages {
    static final int SIZE = 4096;

    /// How many pages are read or written by one call, at most.
    static final int CHUNK = 256;

    private static final MemorySegment ZEROS =
            Arena.global().allocate((long) CHUNK * SIZE, SIZE).asReadOnly();

    private Pages() {}

    /// Where a page begins in RAM, in bytes.
    static long offset(long page) {
        return page * SIZE;
    }

    /// Zeros for as many pages, at most a chunk.
    static MemorySegment zeros(int pages) {
        return ZEROS.asSlice(0, offset(pages));
    }

    /// The end of the run of set pages that begins at `page`, no further than `limit`.
    static int runEnd(BitSet pages, int page, int limit) {
        return Math.min(pages.nextClearBit(page), limit);
    }

    /// The first page at or after `page`, before `end`, that is not all zero; `end` when all are.
    ///
    /// @param bytes pages from number 0 of it on
    static int firstNotZero(MemorySegment bytes, int page, int end) {
        long at =
                MemorySegment.mismatch(
                        bytes, offset(page), offset(end), ZEROS, 0, offset(end - page));
        return at < 0 ? end : page + (int) (at / SIZE);
    }

    /// The first all-zero page at or after `page`, before `end`; `end` when there is none.
    static int firstZero(MemorySegment bytes, int page, int end) {
        int at = page;
        while (at < end && !isZero(bytes, at)) {
            at++;
        }
        return at;
    }

    static boolean isZero(MemorySegment bytes, int page) {
        // Most that are not show it at once, which is found sooner here than by a call.
        return bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, offset(page)) == 0
                && firstNotZero(bytes, page, page + 1) > page;
    }

    /// Writes pages to their place in a flat file.
    static void write(FileChannel channel, long offset, MemorySegment bytes) throws IOException {
        var buffer = bytes.asByteBuffer();
        while (buffer.hasRemaining()) {
            channel.write(buffer, offset + buffer.position());
        }
    }
}
