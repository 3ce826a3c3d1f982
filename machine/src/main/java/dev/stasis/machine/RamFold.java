package dev.stasis.machine;

import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;

/// The uppermost layers of a RAM image made into one: a delta over what is beneath them, or all of
/// RAM when nothing is. Closed by whoever opened it.
public final class RamFold implements AutoCloseable {
    private final RamImage image;
    private final boolean whole;
    private final List<RamImage.Delta> deltas;
    private final RamOverlay overlay;

    private RamFold(
            RamImage image, boolean whole, List<RamImage.Delta> deltas, RamOverlay overlay) {
        this.image = image;
        this.whole = whole;
        this.deltas = deltas;
        this.overlay = overlay;
    }

    /// Opens the layers.
    ///
    /// @param count how many of the image's layers are folded, from the top; if the flat one at the
    ///   bottom is among them the result is flat
    public static RamFold open(RamImage image, int count) throws IOException {
        var all = image.deltas();
        var deltas = all.subList(0, Math.min(count, all.size()));
        return new RamFold(image, count > all.size(), deltas, RamOverlay.open(deltas));
    }

    /// Whether the result is flat.
    public boolean isFlat() {
        return whole;
    }

    /// How many bytes of data the result has.
    public long bytes() throws IOException {
        if (!whole) {
            return overlay.dataBytes();
        }
        try (var flat = new FlatReader(image.flat())) {
            return flat.dataBytesBut(overlay.pages()) + overlay.dataBytes();
        }
    }

    /// How many bytes of data the layers have.
    public long bytesBefore() throws IOException {
        long bytes = whole ? SparseFiles.dataBytes(image.flat().file()) : 0;
        for (var delta : deltas) {
            bytes += SparseFiles.dataBytes(delta.file());
        }
        return bytes;
    }

    /// Writes the result.
    ///
    /// @param target must not exist; gets mode 0600; a failure leaves none
    public void writeTo(Path target) throws IOException {
        boolean done = false;
        try {
            if (whole) {
                SparseFiles.copy(image.flat().file(), target);
            } else {
                SparseFiles.create(target, 0);
            }
            try (var channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
                write(channel);
            }
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(target);
            }
        }
    }

    private void write(FileChannel channel) throws IOException {
        if (whole) {
            overlay.apply(new BitSet(), (offset, bytes) -> Pages.write(channel, offset, bytes));
        } else {
            RamDelta.write(channel, image.size(), overlay.runs(), overlay::read);
        }
    }

    @Override
    public void close() {
        overlay.close();
    }
}
