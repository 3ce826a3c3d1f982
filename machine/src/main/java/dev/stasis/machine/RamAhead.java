package dev.stasis.machine;

import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The part of a capture of one block that is done while the machine runs.
///
/// What was written since the image that the block is told from is compared with that image, or all
/// that was ever written where that is not known. Where too much differs, or there is no such
/// image, a flat image is written, and what is written meanwhile once more. Once the machine stands
/// still, only what was written after that is looked at.
final class RamAhead implements AutoCloseable {
    private static final String ENDING = ".ahead";

    /// So few pages can as well wait until the machine stands still.
    private static final int FEW_PAGES = 512;

    private static final int ROUNDS = 4;

    private final TrackedMemory memory;
    private final MemoryBlock block;
    private final Path folder;
    private final boolean readOnly;
    private final Path aside;
    private final BitSet unwritten = new BitSet();
    private @Nullable FileChannel flat;
    private @Nullable RamReference base;
    private @Nullable RamChanges changes;

    /// @param folder where the image will be
    /// @param readOnly whether the QEMU that maps it can do with a file that it can't write
    RamAhead(TrackedMemory memory, MemoryBlock block, Path folder, boolean readOnly) {
        this.memory = memory;
        this.block = block;
        this.folder = folder;
        this.readOnly = readOnly;
        this.aside = folder.resolve(block.name() + ENDING);
    }

    /// What is noted of the writes to a block.
    enum Noted {
        /// Those since its base.
        SINCE_BASE,
        /// Those since any other time.
        OTHERWISE
    }

    /// Does what can be done ahead.
    ///
    /// @param base what the block is told from; open until this is closed
    void begin(@Nullable RamReference base, Noted noted) throws IOException {
        this.base = base;
        var taken = memory.takeWritten(); // from here on it is noted what is written
        if (base == null) {
            beginFlat(memory.written(), null);
            return;
        }
        var found = new RamChanges(memory, base);
        found.find(
                switch (noted) {
                    case SINCE_BASE -> taken;
                    case OTHERWISE -> memory.written();
                });
        if (found.tooMany()) {
            beginFlat(memory.written(), base);
        } else {
            changes = found;
        }
    }

    private void beginFlat(BitSet pages, @Nullable RamReference base) throws IOException {
        SparseFiles.create(aside, block.size().bytes());
        var channel = FileChannel.open(aside, StandardOpenOption.WRITE);
        flat = channel;
        RamCapture.writeNotZero(memory, pages, aside, channel);
        if (base != null) {
            base.copyRest(pages, channel);
        }
        for (int round = 0; round < ROUNDS; round++) {
            var again = memory.takeWritten();
            if (again.cardinality() <= FEW_PAGES) {
                unwritten.or(again);
                return;
            }
            write(channel, again);
        }
    }

    /// Zeros too: something else may be there.
    private void write(FileChannel channel, BitSet pages) throws IOException {
        new PageWorkers(memory, pages)
                .run((first, bytes) -> writeAll(channel, Pages.offset(first), bytes));
    }

    private static void writeAll(FileChannel channel, long offset, MemorySegment bytes)
            throws IOException {
        Pages.write(channel, offset, bytes);
    }

    /// Does the rest, now that the machine stands still.
    RamImage finish() throws IOException {
        var last = memory.takeWritten();
        var channel = flat;
        if (channel == null) {
            var known = Objects.requireNonNull(changes);
            known.findAgain(last);
            return new RamCapture(memory, block, folder, readOnly)
                    .write(Objects.requireNonNull(base), known);
        }
        unwritten.or(last);
        write(channel, unwritten);
        channel.close();
        flat = null;
        RamCapture.seal(aside, readOnly);
        var file = folder.resolve(RamImage.Flat.nameOf(block.name()));
        Files.move(aside, file);
        return new RamImage.Flat(file, block.size());
    }

    @Override
    public void close() throws IOException {
        if (flat != null) {
            flat.close();
        }
        Files.deleteIfExists(aside);
        memory.close();
    }
}
