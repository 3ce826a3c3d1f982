package dev.stasis.machine;

import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Writes a block of the memory of a machine that stands still to disk.
///
/// The pages that the machine has written are known ({@link GuestMemory#written}). Without a base
/// they are all that differs from zero. With one they are read and compared with it, for a machine
/// keeps every page it ever wrote: what differs is the delta. When the delta gets large, reading on
/// is given up and a flat image is written, from the written pages and what the base has besides.
///
/// What a machine has not written is as in what it was restored from, and so as in each image that
/// was captured from it since: any of these can be the base, however either is held.
final class RamCapture {
    /// A delta may always be that large.
    private static final long SMALL_DELTA_BYTES = 16 << 20;

    /// Above that, a delta is at most this part of its base.
    private static final int PART_OF_BASE = 2;

    private final GuestMemory memory;
    private final MemoryBlock block;
    private final Path folder;
    private final boolean readOnly;

    /// Prepares a capture.
    ///
    /// @param block which memory it is
    /// @param folder where the image is written
    /// @param readOnly whether the QEMU that maps it can do with a file that it can't write
    RamCapture(GuestMemory memory, MemoryBlock block, Path folder, boolean readOnly) {
        this.memory = memory;
        this.block = block;
        this.folder = folder;
        this.readOnly = readOnly;
    }

    /// Writes the image; a failure leaves no file.
    ///
    /// @param base what was last captured from this machine, or else what it was restored from, or
    ///   null when it was booted and never captured
    RamImage write(@Nullable RamReference base) throws IOException {
        var pages = memory.written();
        if (base == null) {
            return writeFlat(pages, null);
        }
        long limit = Math.max(SMALL_DELTA_BYTES, base.dataBytes() / PART_OF_BASE);
        var changes = new Changes(base, limit);
        changes.find(pages);
        return changes.tooMany() ? writeFlat(pages, base) : writeDelta(base.image(), changes);
    }

    private RamImage writeDelta(RamImage base, Changes changes) throws IOException {
        var file = folder.resolve(RamImage.Delta.nameOf(block.name()));
        create(
                file,
                0,
                channel ->
                        RamDelta.write(
                                channel,
                                block.size(),
                                PageRun.of(changes.data, changes.zero),
                                memory::read));
        return new RamImage.Delta(file, base);
    }

    private RamImage writeFlat(BitSet pages, @Nullable RamReference base) throws IOException {
        var file = folder.resolve(RamImage.Flat.nameOf(block.name()));
        create(
                file,
                block.size().bytes(),
                channel -> {
                    new PageWorkers(memory, pages)
                            .run((first, bytes) -> writeNotZero(channel, first, bytes));
                    if (base != null) {
                        base.copyRest(pages, channel);
                    }
                });
        return new RamImage.Flat(file, block.size());
    }

    private static void writeNotZero(FileChannel channel, int first, MemorySegment bytes)
            throws IOException {
        int count = (int) (bytes.byteSize() / Pages.SIZE);
        for (int page = Pages.firstNotZero(bytes, 0, count); page < count; ) {
            int end = Pages.firstZero(bytes, page, count);
            var buffer = bytes.asSlice(Pages.offset(page), Pages.offset(end - page)).asByteBuffer();
            while (buffer.hasRemaining()) {
                channel.write(buffer, Pages.offset(first + page) + buffer.position());
            }
            page = Pages.firstNotZero(bytes, end, count);
        }
    }

    @FunctionalInterface
    private interface Content {
        void write(FileChannel channel) throws IOException;
    }

    private void create(Path file, long length, Content content) throws IOException {
        SparseFiles.create(file, length);
        boolean done = false;
        try {
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                content.write(channel);
            }
            if (readOnly) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
            }
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(file);
            }
        }
    }

    /// What differs from the base.
    private final class Changes {
        private final RamReference base;
        private final long limit;
        private final AtomicLong found = new AtomicLong();
        private final BitSet data = new BitSet();
        private final BitSet zero = new BitSet();

        Changes(RamReference base, long limit) {
            this.base = base;
            this.limit = limit;
        }

        boolean tooMany() {
            return found.get() > limit;
        }

        void find(BitSet pages) throws IOException {
            var workers = new PageWorkers(memory, pages);
            workers.run((first, bytes) -> {
                compare(first, bytes);
                if (tooMany()) {
                    workers.stop();
                }
            });
        }

        private void compare(int first, MemorySegment bytes) {
            int count = (int) (bytes.byteSize() / Pages.SIZE);
            int page = base.firstDifferent(bytes, first, 0, count);
            while (page < count) {
                add(first + page, Pages.isZero(bytes, page));
                page = base.firstDifferent(bytes, first, page + 1, count);
            }
        }

        private void add(int page, boolean isZero) {
            synchronized (data) {
                (isZero ? zero : data).set(page);
            }
            if (!isZero) {
                found.addAndGet(Pages.SIZE);
            }
        }
    }
}
