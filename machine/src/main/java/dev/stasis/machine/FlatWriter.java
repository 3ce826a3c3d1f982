package dev.stasis.machine;

import dev.stasis.linux.FileSpace;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.BitSet;

/// Writes pages to their place in a flat image that has only holes there, and leaves holes for
/// those that are zero.
///
/// The file system is asked for space ahead, which makes writing half as long. Where a whole chunk
/// is no zeros, what follows will be none either: space is reserved to the end of its piece, and
/// given back for the few pages that turn out to be zeros. Short runs among zeros are just written.
///
/// For {@link PageWorkers}, which hands the pages of a piece to one thread, in order.
final class FlatWriter {
    /// A part of a stripe of {@link PageWorkers}. Reserving less at once, the threads would wait
    /// for each other.
    private static final int PIECE = 4 * Pages.CHUNK;

    private final FileChannel channel;
    private final FileSpace space;
    private final BitSet pages;
    private final boolean[] reserved; // by piece

    /// @param channel of the image, open for writing
    /// @param space of the image
    /// @param pages that will be written
    FlatWriter(FileChannel channel, FileSpace space, BitSet pages) {
        this.channel = channel;
        this.space = space;
        this.pages = pages;
        this.reserved = new boolean[Math.ceilDiv(pages.length(), PIECE)];
    }

    /// Writes what is not zero of some pages.
    void write(int first, MemorySegment bytes) throws IOException {
        int count = (int) (bytes.byteSize() / Pages.SIZE);
        for (int page = skipZeros(first, bytes, 0, count); page < count; ) {
            int end = Pages.firstZero(bytes, page, count);
            if (end - page == Pages.CHUNK) {
                reserve(first);
            }
            var run = bytes.asSlice(Pages.offset(page), Pages.offset(end - page));
            Pages.write(channel, Pages.offset(first + page), run);
            page = skipZeros(first, bytes, end, count);
        }
    }

    private void reserve(int first) {
        int piece = first / PIECE;
        if (!reserved[piece]) {
            int end = Pages.runEnd(pages, first, (piece + 1) * PIECE);
            reserved[piece] = space.reserve(Pages.offset(first), Pages.offset(end - first));
        }
    }

    /// @return the next page of the chunk that is not zero, or `count`
    private int skipZeros(int first, MemorySegment bytes, int page, int count) {
        int end = Pages.firstNotZero(bytes, page, count);
        if (end > page
                && (reserved[(first + page) / PIECE] || reserved[(first + end - 1) / PIECE])) {
            space.release(Pages.offset(first + page), Pages.offset(end - page));
        }
        return end;
    }
}
