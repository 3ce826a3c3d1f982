package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// The pages by which a RAM image differs from another one. Everything is little-endian.
///
/// ```
/// offset  size
///      0     8  magic "STASISRD"
///      8     4  version, 1
///     12     4  bytes of a page, 4096
///     16     8  bytes of RAM
///     24     4  number of runs, n
///     28     4  CRC-32C of bytes 0 to 27 and of the runs
///     32  12 n  runs, ordered by page, none overlapping:
///               first page (4), number of pages (4), kind (4; 0 zeros, 1 data)
///                zeros up to a multiple of 4096
///            …  the pages of all data runs, in order, to the end of the file
/// ```
///
/// Nothing is allocated by what the file says before it fits the file's own length and the size of
/// the RAM.
final class RamDelta implements AutoCloseable {
    private static final long MAGIC = 0x4452_5349_5341_5453L; // "STASISRD"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 32;
    private static final int CHECKSUM_OFFSET = 28;
    private static final int RUN_BYTES = 12;
    private static final int ZEROS = 0;
    private static final int DATA = 1;

    private final FileChannel channel;
    private final List<PageRun> runs;

    private RamDelta(FileChannel channel, List<PageRun> runs) {
        this.channel = channel;
        this.runs = runs;
    }

    /// Takes pages on their way to wherever they belong.
    @FunctionalInterface
    interface Target {
        /// Takes some pages.
        ///
        /// @param offset in RAM, in bytes
        void write(long offset, MemorySegment bytes) throws IOException;
    }

    /// Gives pages.
    @FunctionalInterface
    interface Source {
        /// Fills `target`.
        ///
        /// @param offset in RAM, in bytes
        void read(long offset, MemorySegment target) throws IOException;
    }

    /// Opens a file and checks all of it but the pages' contents.
    ///
    /// @param size of the RAM that it must be for
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when it is not a whole delta
    static RamDelta open(Path file, ByteSize size) throws IOException {
        var channel = FileChannel.open(file, StandardOpenOption.READ);
        boolean opened = false;
        try {
            var delta = new RamDelta(channel, new Parser(file, channel, size).runs());
            opened = true;
            return delta;
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    List<PageRun> runs() {
        return runs;
    }

    /// The pages of its data runs, one after the other.
    ///
    /// @param arena ends the mapping
    MemorySegment map(Arena arena) throws IOException {
        long begin = dataOffset(runs.size());
        return begin == channel.size()
                ? MemorySegment.NULL
                : channel.map(MapMode.READ_ONLY, begin, channel.size() - begin, arena);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /// How long a delta of these runs is.
    static long bytes(List<PageRun> runs) {
        long pages = 0;
        for (var run : runs) {
            pages += run.kind() == PageRun.Kind.DATA ? run.count() : 0;
        }
        return dataOffset(runs.size()) + Pages.offset(pages);
    }

    /// Writes a delta.
    ///
    /// @param channel empty, open for writing
    /// @param runs in order
    /// @param source where the pages of the data runs are read
    static void write(FileChannel channel, ByteSize size, List<PageRun> runs, Source source)
            throws IOException {
        writeFully(channel, 0, head(size, runs));
        long position = dataOffset(runs.size());
        try (var arena = Arena.ofConfined()) {
            var chunk = arena.allocate(Pages.offset(Pages.CHUNK), Pages.SIZE);
            long filled = 0;
            for (var run : runs) {
                if (run.kind() == PageRun.Kind.ZERO) {
                    continue;
                }
                for (int page = run.first(); page < run.end(); ) {
                    int space = (int) ((chunk.byteSize() - filled) / Pages.SIZE);
                    int count = Math.min(space, run.end() - page);
                    source.read(Pages.offset(page), chunk.asSlice(filled, Pages.offset(count)));
                    page += count;
                    filled += Pages.offset(count);
                    if (filled == chunk.byteSize()) {
                        writeFully(channel, position, chunk.asByteBuffer());
                        position += filled;
                        filled = 0;
                    }
                }
            }
            writeFully(channel, position, chunk.asSlice(0, filled).asByteBuffer());
        }
    }

    private static ByteBuffer head(ByteSize size, List<PageRun> runs) {
        var head =
                ByteBuffer.allocate(Math.toIntExact(dataOffset(runs.size())))
                        .order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(MAGIC).putInt(VERSION).putInt(Pages.SIZE).putLong(size.bytes());
        head.putInt(runs.size()).putInt(0);
        for (var run : runs) {
            head.putInt(run.first())
                    .putInt(run.count())
                    .putInt(run.kind() == PageRun.Kind.DATA ? DATA : ZEROS);
        }
        head.putInt(CHECKSUM_OFFSET, checksum(head, runs.size()));
        return head.clear();
    }

    private static int checksum(ByteBuffer head, int runs) {
        var checksum = new CRC32C();
        checksum.update(head.duplicate().clear().limit(CHECKSUM_OFFSET));
        checksum.update(
                head.duplicate()
                        .clear()
                        .position(HEADER_BYTES)
                        .limit(HEADER_BYTES + runs * RUN_BYTES));
        return (int) checksum.getValue();
    }

    private static long dataOffset(int runs) {
        long end = HEADER_BYTES + (long) runs * RUN_BYTES;
        return Math.ceilDiv(end, Pages.SIZE) * (long) Pages.SIZE;
    }

    private static void writeFully(FileChannel channel, long position, ByteBuffer bytes)
            throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes, position + bytes.position());
        }
    }

    /// Reads and checks header and runs.
    private record Parser(Path file, FileChannel channel, ByteSize size) {
        List<PageRun> runs() throws IOException {
            var header = read(0, HEADER_BYTES);
            check(header.getLong() == MAGIC, "it does not begin like one");
            int version = header.getInt();
            check(version == VERSION, "its version is " + version);
            check(header.getInt() == Pages.SIZE, "its pages are of another size");
            long ram = header.getLong();
            check(ram == size.bytes(), "it is for " + ram + " bytes of RAM, not " + size.bytes());
            int count = header.getInt();
            check(
                    count >= 0
                            && count <= size.bytes() / Pages.SIZE
                            && dataOffset(count) <= channel.size(),
                    "it can't hold " + count + " runs");
            var head = read(0, HEADER_BYTES + count * RUN_BYTES);
            check(
                    head.getInt(CHECKSUM_OFFSET) == checksum(head, count),
                    "its checksum does not fit");
            return runs(head.position(HEADER_BYTES), count);
        }

        private List<PageRun> runs(ByteBuffer bytes, int count) throws IOException {
            var runs = new ArrayList<PageRun>(count);
            long end = 0;
            long data = 0;
            for (int i = 0; i < count; i++) {
                long first = Integer.toUnsignedLong(bytes.getInt());
                long pages = Integer.toUnsignedLong(bytes.getInt());
                int kind = bytes.getInt();
                check(first >= end && pages > 0, "its run " + i + " is out of order");
                end = first + pages;
                check(end <= size.bytes() / Pages.SIZE, "its run " + i + " leaves the RAM");
                check(kind == ZEROS || kind == DATA, "its run " + i + " is of kind " + kind);
                data += kind == DATA ? pages : 0;
                runs.add(
                        new PageRun(
                                (int) first,
                                (int) pages,
                                kind == DATA ? PageRun.Kind.DATA : PageRun.Kind.ZERO));
            }
            long expected = dataOffset(count) + Pages.offset(data);
            check(
                    channel.size() == expected,
                    "it has " + channel.size() + " bytes instead of " + expected);
            return List.copyOf(runs);
        }

        private ByteBuffer read(long position, int length) throws IOException {
            check(position + length <= channel.size(), "it is too short");
            var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining()) {
                check(channel.read(bytes, position + bytes.position()) > 0, "it is too short");
            }
            return bytes.flip();
        }

        private void check(boolean fits, String otherwise) {
            if (!fits) {
                throw new StasisException(
                        ErrorCode.STORE_DAMAGED, file + " is no RAM delta: " + otherwise);
            }
        }
    }
}
