package dev.stasis.store;

import dev.stasis.linux.DataRange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// Writes a tar file of plain files, of which those with holes are sparse as GNU tar writes them
/// (PAX, sparse format 1.0).
final class TarSink {
    static final int BLOCK_BYTES = 512;

    /// The largest size that the field of a header takes.
    private static final long LARGEST_PLAIN = 0_77777777777L;

    private final OutputStream out;
    private final long modified;
    private long padding;

    /// @param modified the time of every file, in seconds
    TarSink(OutputStream out, long modified) {
        this.out = out;
        this.modified = modified;
    }

    /// A small file.
    void file(String name, byte[] content) throws IOException {
        begin(name, content.length, List.of(new DataRange(0, content.length)));
        data(content, content.length);
        finish();
    }

    /// Begins a file. The caller gives the bytes of all its ranges, one after the other, and calls
    /// {@link #finish}.
    ///
    /// @param ranges where its data is, in order; the rest is holes
    void begin(String name, long size, List<DataRange> ranges) throws IOException {
        long stored = ranges.stream().mapToLong(DataRange::length).sum();
        if (stored == size) {
            writeHeaders(name, name, size > LARGEST_PLAIN ? record("size", size) : "", size);
        } else {
            byte[] map = map(size, ranges);
            String sparse =
                    record("GNU.sparse.major", 1)
                            + record("GNU.sparse.minor", 0)
                            + record("GNU.sparse.name", name)
                            + record("GNU.sparse.realsize", size);
            stored += map.length;
            String large = stored > LARGEST_PLAIN ? record("size", stored) : "";
            writeHeaders(name, "GNUSparseFile.0/" + name, sparse + large, stored);
            out.write(map);
        }
        padding = -stored & (BLOCK_BYTES - 1);
    }

    void data(byte[] buffer, int length) throws IOException {
        out.write(buffer, 0, length);
    }

    void finish() throws IOException {
        out.write(new byte[(int) padding]);
    }

    /// Ends the tar file.
    void end() throws IOException {
        out.write(new byte[2 * BLOCK_BYTES]);
    }

    private static byte[] map(long size, List<DataRange> ranges) {
        boolean endsInHole = ranges.isEmpty() || ranges.getLast().end() < size;
        var map = new StringBuilder();
        map.append(ranges.size() + (endsInHole ? 1 : 0)).append('\n');
        for (DataRange range : ranges) {
            map.append(range.offset()).append('\n').append(range.length()).append('\n');
        }
        if (endsInHole) {
            map.append(size).append("\n0\n");
        }
        byte[] text = map.toString().getBytes(StandardCharsets.US_ASCII);
        return Arrays.copyOf(text, padded(text.length));
    }

    private static int padded(int length) {
        return length + (-length & (BLOCK_BYTES - 1));
    }

    private void writeHeaders(String name, String stored, String records, long size)
            throws IOException {
        if (!records.isEmpty()) {
            byte[] text = records.getBytes(StandardCharsets.US_ASCII);
            out.write(header("PaxHeaders/" + name, 'x', text.length, modified));
            out.write(Arrays.copyOf(text, padded(text.length)));
        }
        out.write(header(stored, '0', Math.min(size, LARGEST_PLAIN), modified));
    }

    static byte[] header(String name, char type, long size, long modified) {
        byte[] header = new byte[BLOCK_BYTES];
        put(header, 0, 100, name);
        put(header, 100, 8, "0000600");
        put(header, 108, 8, "0000000");
        put(header, 116, 8, "0000000");
        put(header, 124, 12, "%011o".formatted(size));
        put(header, 136, 12, "%011o".formatted(modified));
        put(header, 148, 8, "        ");
        header[156] = (byte) type;
        put(header, 257, 6, "ustar");
        put(header, 263, 2, "00");
        put(header, 148, 8, "%06o\0 ".formatted(sum(header)));
        return header;
    }

    private static int sum(byte[] header) {
        int sum = 0;
        for (byte each : header) {
            sum += each & 0xff;
        }
        return sum;
    }

    private static void put(byte[] header, int at, int most, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length > most) {
            throw new IllegalArgumentException("'" + text + "' does not fit into " + most);
        }
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    /// A record begins with its own length.
    private static String record(String key, Object value) {
        String rest = " " + key + "=" + value + "\n";
        int length = rest.length() + 1;
        while (Integer.toString(length).length() + rest.length() != length) {
            length++;
        }
        return length + rest;
    }
}
