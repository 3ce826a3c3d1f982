package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a pile of deltas holds together: of each page what the uppermost delta with that page says.
/// Reads may go on in several threads.
///
/// The runs of the deltas are cut into pieces that do not overlap, in the order of pages, each with
/// the place where its bytes are mapped.
final class RamOverlay implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<Piece> pieces = new ArrayList<>();
    private final BitSet pages = new BitSet();
    private int[] firsts = {};
    private long dataBytes;

    /// Pages in a row that one delta holds.
    ///
    /// @param bytes what is in them; null = zeros
    private record Piece(int first, int count, @Nullable MemorySegment bytes) {
        int end() {
            return first + count;
        }

        MemorySegment bytes(int page, int pages) {
            return bytes == null
                    ? Pages.zeros(pages)
                    : bytes.asSlice(Pages.offset(page - first), Pages.offset(pages));
        }
    }

    private RamOverlay() {}

    /// Maps the deltas of an image.
    ///
    /// @param deltas the uppermost first
    static RamOverlay open(List<RamImage.Delta> deltas) throws IOException {
        var overlay = new RamOverlay();
        boolean opened = false;
        try {
            for (var delta : deltas) {
                try (var open = RamDelta.open(delta.file(), delta.size())) {
                    overlay.add(open);
                }
            }
            overlay.pieces.sort(Comparator.comparingInt(Piece::first));
            overlay.firsts = overlay.pieces.stream().mapToInt(Piece::first).toArray();
            opened = true;
            return overlay;
        } finally {
            if (!opened) {
                overlay.close();
            }
        }
    }

    private void add(RamDelta delta) throws IOException {
        var data = delta.map(arena);
        long position = 0;
        for (var run : delta.runs()) {
            boolean zero = run.kind() == PageRun.Kind.ZERO;
            for (int page = pages.nextClearBit(run.first()); page < run.end(); ) {
                int next = pages.nextSetBit(page);
                int end = next < 0 ? run.end() : Math.min(next, run.end());
                long at = position + Pages.offset(page - run.first());
                long length = Pages.offset(end - page);
                pieces.add(new Piece(page, end - page, zero ? null : data.asSlice(at, length)));
                dataBytes += zero ? 0 : length;
                page = pages.nextClearBit(end);
            }
            position += zero ? 0 : Pages.offset(run.count());
        }
        delta.runs().forEach(run -> pages.set(run.first(), run.end()));
    }

    /// The pages that it has, zeros among them.
    BitSet pages() {
        return (BitSet) pages.clone();
    }

    /// How much of it is not zeros, in bytes.
    long dataBytes() {
        return dataBytes;
    }

    /// What it has, as runs in order.
    List<PageRun> runs() {
        var data = new BitSet();
        var zero = new BitSet();
        for (var piece : pieces) {
            (piece.bytes == null ? zero : data).set(piece.first, piece.end());
        }
        return PageRun.of(data, zero);
    }

    /// Whether it has a page.
    boolean has(int page) {
        return pages.get(page);
    }

    /// Where having pages begins or ends next, seen from a page; at most `limit`.
    int runEnd(int page, int limit) {
        int next = pages.get(page) ? pages.nextClearBit(page) : pages.nextSetBit(page);
        return next < 0 ? limit : Math.min(next, limit);
    }

    /// The first page in a chunk that differs from what is here.
    ///
    /// @param chunk pages of RAM
    /// @param first which page of RAM the chunk begins with
    /// @param at where to begin in the chunk, in pages
    /// @param end where to stop; all pages between are here
    /// @return `end` when all are the same
    int firstDifferent(MemorySegment chunk, int first, int at, int end) {
        int page = at;
        for (int i = index(first + at); page < end; i++) {
            var piece = pieces.get(i);
            int pieceEnd = Math.min(end, piece.end() - first);
            int different =
                    piece.bytes == null
                            ? Pages.firstNotZero(chunk, page, pieceEnd)
                            : mismatch(chunk, piece, first, page, pieceEnd);
            if (different < pieceEnd) {
                return different;
            }
            page = pieceEnd;
        }
        return end;
    }

    private static int mismatch(MemorySegment chunk, Piece piece, int first, int page, int end) {
        var held = piece.bytes(first + page, end - page);
        long at =
                MemorySegment.mismatch(
                        chunk, Pages.offset(page), Pages.offset(end), held, 0, held.byteSize());
        return at < 0 ? end : page + (int) (at / Pages.SIZE);
    }

    /// The piece with a page that is here.
    private int index(int page) {
        int found = Arrays.binarySearch(firsts, page);
        return found >= 0 ? found : -found - 2;
    }

    /// Hands out the pages that it has, but for some, in order.
    void apply(BitSet without, RamDelta.Target target) throws IOException {
        for (var piece : pieces) {
            int page = without.nextClearBit(piece.first);
            while (page < piece.end()) {
                int stop = without.nextSetBit(page);
                int end = stop < 0 ? piece.end() : Math.min(stop, piece.end());
                end = Math.min(end, page + Pages.CHUNK);
                target.write(Pages.offset(page), piece.bytes(page, end - page));
                page = without.nextClearBit(end);
            }
        }
    }

    /// Fills `target` with pages that are all here.
    ///
    /// @param offset in RAM, in bytes
    void read(long offset, MemorySegment target) {
        int first = (int) (offset / Pages.SIZE);
        int end = first + (int) (target.byteSize() / Pages.SIZE);
        for (int page = first, i = index(first); page < end; i++) {
            var piece = pieces.get(i);
            int pieceEnd = Math.min(Math.min(end, piece.end()), page + Pages.CHUNK);
            target.asSlice(Pages.offset(page - first), Pages.offset(pieceEnd - page))
                    .copyFrom(piece.bytes(page, pieceEnd - page));
            i -= pieceEnd < piece.end() ? 1 : 0;
            page = pieceEnd;
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
