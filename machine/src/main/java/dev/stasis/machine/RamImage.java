package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

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

    /// What differs from a flat image.
    ///
    /// @param file the pages that differ
    /// @param base what they differ from
    record Delta(Path file, Flat base) implements RamImage {
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

        /// Puts base and difference together.
        ///
        /// @param target must not exist; gets mode 0600; a failure leaves none
        /// @return the same RAM as a flat image
        public Flat flattenTo(Path target) throws IOException {
            SparseFiles.copy(base.file(), target);
            boolean done = false;
            try (var delta = RamDelta.open(file, size());
                    var channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
                delta.apply((offset, bytes) -> write(channel, offset, bytes));
                done = true;
                return new Flat(target, size());
            } finally {
                if (!done) {
                    Files.deleteIfExists(target);
                }
            }
        }

        private static void write(FileChannel channel, long offset, MemorySegment bytes)
                throws IOException {
            var buffer = bytes.asByteBuffer();
            while (buffer.hasRemaining()) {
                channel.write(buffer, offset + buffer.position());
            }
        }
    }
}
