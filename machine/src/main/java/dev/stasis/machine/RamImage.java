package dev.stasis.machine;

import dev.stasis.ByteSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One block of a captured machine's memory, on disk. Its files are never changed once they are
/// written: other machines map them.
public sealed interface RamImage {
    /// The size of the RAM.
    ByteSize size();

    /// All of RAM in one sparse file, which a machine can map.
    ///
    /// @param file as long as RAM; what it has no data for is zero
    /// @param size of the RAM
    record Flat(Path file, ByteSize size) implements RamImage {
        /// The file name inside a snapshot.
        ///
        /// @param block the piece of memory that it holds
        public static String nameOf(String block) {
            return block + ".img";
        }

        /// Makes the path absolute.
        public Flat {
            file = file.toAbsolutePath();
        }
    }

    /// What differs from another image.
    ///
    /// @param file the pages that differ
    /// @param base what they differ from
    record Delta(Path file, RamImage base) implements RamImage {
        /// The file name inside a snapshot.
        ///
        /// @param block the piece of memory that it belongs to
        public static String nameOf(String block) {
            return block + ".delta";
        }

        /// Makes the path absolute.
        public Delta {
            file = file.toAbsolutePath();
        }

        @Override
        public ByteSize size() {
            return base.size();
        }

        /// Puts base and differences together.
        ///
        /// @param target must not exist; gets mode 0600; a failure leaves none
        /// @return the same RAM as a flat image
        public Flat flattenTo(Path target) throws IOException {
            try (var fold = RamFold.open(this, Integer.MAX_VALUE)) {
                fold.writeTo(target);
            }
            return new Flat(target, size());
        }
    }

    /// The flat image at the bottom.
    default Flat flat() {
        RamImage image = this;
        while (image instanceof Delta delta) {
            image = delta.base();
        }
        return (Flat) image;
    }

    /// The deltas that lie on the flat image, the uppermost first.
    default List<Delta> deltas() {
        var deltas = new ArrayList<Delta>();
        RamImage image = this;
        while (image instanceof Delta delta) {
            deltas.add(delta);
            image = delta.base();
        }
        return deltas;
    }
}
