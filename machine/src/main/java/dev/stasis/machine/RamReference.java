package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.BitSet;

/// A RAM image that the next one is told from, opened ahead so that a machine need not stand still
/// for that. Its files may go meanwhile. Closed by whoever opened it; for one capture at a time.
public final class RamReference implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RamReference.class.getName());

    private final RamImage image;
    private final FlatReader flat;
    private final RamOverlay overlay;

    private RamReference(RamImage image, FlatReader flat, RamOverlay overlay) {
        this.image = image;
        this.flat = flat;
        this.overlay = overlay;
    }

    /// Opens an image, whatever it lies on.
    public static RamReference open(RamImage image) throws IOException {
        var overlay = RamOverlay.open(image.deltas());
        boolean opened = false;
        try {
            var reference = new RamReference(image, new FlatReader(image.flat()), overlay);
            opened = true;
            return reference;
        } finally {
            if (!opened) {
                overlay.close();
            }
        }
    }

    /// What was opened.
    public RamImage image() {
        return image;
    }

    /// How much of it is no hole, about, in bytes.
    long dataBytes() {
        return flat.dataBytes();
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
            int runEnd = overlay.runEnd(first + page, first + end) - first;
            int different =
                    overlay.has(first + page)
                            ? overlay.firstDifferent(chunk, first, page, runEnd)
                            : flat.firstDifferent(chunk, first, page, runEnd);
            if (different < runEnd) {
                return different;
            }
            page = runEnd;
        }
        return end;
    }

    /// Copies what it has data for, but for some pages, to the same place in a file of zeros.
    void copyRest(BitSet without, FileChannel target) throws IOException {
        var elsewhere = overlay.pages();
        elsewhere.or(without);
        flat.copyRest(elsewhere, target);
        overlay.apply(without, (offset, bytes) -> Pages.write(target, offset, bytes));
    }

    @Override
    public void close() {
        overlay.close();
        try {
            flat.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing " + image.flat().file(), e);
        }
    }
}
