package dev.stasis.store;

import com.github.luben.zstd.ZstdIOException;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/// Reads what [TarSink] writes, from anybody: entries of another kind are refused, and no length is
/// believed before it is checked.
final class TarFeed {
    private static final int BLOCK_BYTES = TarSink.BLOCK_BYTES;
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int LIMIT_PAX_BYTES = 4096;
    private static final int MOST_RANGES = 1 << 22;
    private static final String PAX = "PaxHeaders/";
    private static final String SPARSE = "GNUSparseFile.0/";

    private final InputStream in;
    private long left;
    private long padding;
    private long possible;

    TarFeed(InputStream in) {
        this.in = in;
    }

    /// A file. Its content has to be taken before the next one is asked for.
    ///
    /// @param name its name
    /// @param size how long it is
    /// @param sparse whether a map of its data comes first
    record Entry(String name, long size, boolean sparse) {}

    /// Takes the content of a file, in order; what is not given is zeros.
    interface Content {
        void data(long offset, byte[] buffer, int length) throws IOException;
    }

    /// The next file.
    Entry next() throws IOException {
        byte[] header = block();
        Map<String, String> records = Map.of();
        if (header[156] == 'x') {
            TarHeader.requireForm(header);
            long length = TarHeader.octal(header, 124, 12);
            if (length > LIMIT_PAX_BYTES || !TarHeader.text(header, 0, 100).startsWith(PAX)) {
                throw invalid("an extended header of %d bytes".formatted(length));
            }
            byte[] text = bytes((int) length);
            zeros((int) (-length & (BLOCK_BYTES - 1)));
            records = TarHeader.records(new String(text, StandardCharsets.UTF_8));
            header = block();
        }
        TarHeader.requireForm(header);
        if (header[156] != '0') {
            throw invalid(
                    "an entry that is no plain file: " + shown(TarHeader.text(header, 0, 100)));
        }
        return entry(TarHeader.text(header, 0, 100), TarHeader.octal(header, 124, 12), records);
    }

    private Entry entry(String stored, long plainSize, Map<String, String> records) {
        left = TarHeader.number(records.getOrDefault("size", Long.toString(plainSize)));
        padding = -left & (BLOCK_BYTES - 1);
        String realName = records.get("GNU.sparse.name");
        if (realName == null) {
            return new Entry(stored, left, false);
        }
        boolean known =
                "1".equals(records.get("GNU.sparse.major"))
                        && "0".equals(records.get("GNU.sparse.minor"))
                        && stored.equals(SPARSE + realName);
        if (!known) {
            throw invalid("a sparse file of another kind: " + shown(stored));
        }
        long size = TarHeader.number(records.getOrDefault("GNU.sparse.realsize", ""));
        return new Entry(realName, size, true);
    }

    /// Gives the content of a file.
    void content(Entry entry, Content content) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        if (entry.sparse) {
            long[] map = map(entry);
            for (int i = 0; i < map.length; i += 2) {
                range(map[i], map[i + 1], buffer, content);
            }
        } else {
            range(0, entry.size, buffer, content);
        }
        if (left != 0) {
            throw invalid("%d bytes too many in %s".formatted(left, shown(entry.name)));
        }
        zeros((int) padding);
    }

    /// Says how many bytes of data all files together may have that are not small.
    void limit(long bytes) {
        possible = bytes;
    }

    /// The content of a small file.
    byte[] small(Entry entry, int limit) throws IOException {
        if (entry.sparse || entry.size > limit) {
            throw invalid(
                    "%s has %d bytes, and %d are possible"
                            .formatted(shown(entry.name), entry.size, limit));
        }
        byte[] content = bytes((int) entry.size);
        zeros((int) padding);
        return content;
    }

    private void range(long offset, long length, byte[] buffer, Content content)
            throws IOException {
        for (long at = offset; at < offset + length; ) {
            int now = (int) Math.min(buffer.length, offset + length - at);
            take(now);
            possible -= now;
            if (possible < 0) {
                throw invalid("more bytes of files than it says that it has");
            }
            fill(buffer, now);
            content.data(at, buffer, now);
            at += now;
        }
    }

    /// Offsets and lengths, in turn.
    private long[] map(Entry entry) throws IOException {
        var line = new MapLines();
        long count = line.next();
        if (count > MOST_RANGES) {
            throw invalid("a map of %d ranges in %s".formatted(count, shown(entry.name)));
        }
        long[] map = new long[64];
        int filled = 0;
        long end = 0;
        for (long i = 0; i < count; i++) {
            long offset = line.next();
            long length = line.next();
            if (offset < end || length < 0 || length > entry.size - offset) {
                throw invalid("a wrong map in " + shown(entry.name));
            }
            end = offset + length;
            if (length > 0) {
                map = filled == map.length ? Arrays.copyOf(map, 2 * filled) : map;
                map[filled++] = offset;
                map[filled++] = length;
            }
        }
        line.end();
        return Arrays.copyOf(map, filled);
    }

    /// The lines of a map, which fills whole blocks.
    private final class MapLines {
        private byte[] block = new byte[0];
        private int at;

        void end() {
            for (; at < block.length; at++) {
                if (block[at] != 0) {
                    throw invalid("something after the end of a map");
                }
            }
        }

        long next() throws IOException {
            var digits = new StringBuilder();
            for (; ; ) {
                if (at == block.length) {
                    take(BLOCK_BYTES);
                    block = block();
                    at = 0;
                }
                char c = (char) block[at++];
                if (c == '\n') {
                    return TarHeader.number(digits.toString());
                }
                if (digits.length() > 18) {
                    throw invalid("a number of more than 18 digits");
                }
                digits.append(c);
            }
        }
    }

    private void take(int bytes) {
        if (bytes > left) {
            throw invalid("an entry that is shorter than it should be");
        }
        left -= bytes;
    }

    /// Makes sure that nothing follows.
    void end() throws IOException {
        zeros(2 * BLOCK_BYTES);
        try {
            if (in.read() >= 0) {
                throw invalid("something after its end");
            }
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private void zeros(int length) throws IOException {
        for (byte each : bytes(length)) {
            if (each != 0) {
                throw invalid("something else where zeros should be");
            }
        }
    }

    private byte[] block() throws IOException {
        return bytes(BLOCK_BYTES);
    }

    private byte[] bytes(int length) throws IOException {
        byte[] content = new byte[length];
        fill(content, length);
        return content;
    }

    private void fill(byte[] buffer, int length) throws IOException {
        int read;
        try {
            read = in.readNBytes(buffer, 0, length);
        } catch (IOException e) {
            throw broken(e);
        }
        if (read < length) {
            throw broken(new EOFException());
        }
    }

    /// What a failure to read means: most are about the content.
    private static IOException broken(IOException e) {
        boolean damaged = e instanceof EOFException || e instanceof ZstdIOException;
        if (!damaged) {
            return e;
        }
        String what =
                e instanceof EOFException
                        ? "it ends too early"
                        : String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
        throw new StasisException(
                ErrorCode.ARCHIVE_INVALID,
                "The archive is cut off or damaged, or is no archive of a snapshot (%s): nothing was imported; fetch it again"
                        .formatted(what),
                e);
    }

    private static String shown(String text) {
        return TarHeader.shown(text);
    }

    static StasisException invalid(String found) {
        return new StasisException(
                ErrorCode.ARCHIVE_INVALID,
                "The archive is damaged, or was not made by Stasis: it has %s; nothing was imported"
                        .formatted(found));
    }
}
