package dev.stasis.machine;

import dev.stasis.linux.DataRange;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/// A flat RAM image, mapped to be compared with. Its holes are never touched: reading them would
/// fill the page cache with zeros.
final class FlatReader implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final FileChannel channel;
    private final MemorySegment bytes;
    private final BitSet present = new BitSet();

    FlatReader(RamImage.Flat image) throws IOException {
        channel = FileChannel.open(image.file(), StandardOpenOption.READ);
        boolean opened = false;
        try {
            if (channel.size() != image.size().bytes()) {
                throw new IOException(
                        image.file() + " has " + channel.size() + " bytes, not " + image.size());
            }
            bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
            for (var range : SparseFiles.dataRanges(image.file())) {
                present.set(
                        (int) (range.offset() / Pages.SIZE),
                        (int) Math.ceilDiv(range.end(), (long) Pages.SIZE));
            }
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    /// How much of it is no hole, in bytes.
    long dataBytes() {
        return Pages.offset(present.cardinality());
    }

    /// How much of it is no hole in other pages than these, in bytes.
    long dataBytesBut(BitSet pages) {
        var rest = (BitSet) present.clone();
        rest.andNot(pages);
        return Pages.offset(rest.cardinality());
    }

    /// The first page in a chunk that differs from this image.
    ///
    /// @param chunk pages of RAM
    /// @param first which page of RAM the chunk begins with
    /// @param at where to begin in the chunk, in pages
    /// @param end where to stop
    /// @return `end` when all are the same
    int firstDifferent(MemorySegment chunk, int first, int at, int end) {
        int page = at;
        while (page < end) {
            boolean here = present.get(first + page);
            int next = here ? present.nextClearBit(first + page) : present.nextSetBit(first + page);
            int runEnd = next < 0 ? end : Math.min(end, next - first);
            int different =
                    here
                            ? mismatch(chunk, first, page, runEnd)
                            : Pages.firstNotZero(chunk, page, runEnd);
            if (different < runEnd) {
                return different;
            }
            page = runEnd;
        }
        return end;
    }

    private int mismatch(MemorySegment chunk, int first, int page, int end) {
        long at =
                MemorySegment.mismatch(
                        chunk,
                        Pages.offset(page),
                        Pages.offset(end),
                        bytes,
                        Pages.offset(first + page),
                        Pages.offset(first + end));
        return at < 0 ? end : page + (int) (at / Pages.SIZE);
    }

    /// Copies what it has data for, but for some pages, to the same place in another file.
    void copyRest(BitSet without, FileChannel target) throws IOException {
        var rest = (BitSet) present.clone();
        rest.andNot(without);
        for (int page = rest.nextSetBit(0); page >= 0; ) {
            int end = rest.nextClearBit(page);
            SparseFiles.copyRange(
                    channel, target, new DataRange(Pages.offset(page), Pages.offset(end - page)));
            page = rest.nextSetBit(end);
        }
    }

    @Override
    public void close() throws IOException {
        arena.close();
        channel.close();
    }
}
