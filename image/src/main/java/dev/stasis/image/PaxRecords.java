package dev.stasis.image;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarUtils;

/// The extended headers of an entry, as bytes. Each record of one is `length key=value\n`, where
/// length is a decimal number that counts all of the record.
final class PaxRecords {
    /// Headers and contents begin at multiples of this.
    static final int BLOCK_BYTES = 512;

    private static final int SIZE_OFFSET = 124;
    private static final int SIZE_LENGTH = 12;
    private static final int FLAG_OFFSET = 156;

    private PaxRecords() {}

    /// Reads the records that stand before an entry.
    ///
    /// @param headers all headers of the entry, from the first on
    static Map<String, byte[]> of(byte[] headers) throws IOException {
        var records = new LinkedHashMap<String, byte[]>();
        int at = 0;
        while (at + BLOCK_BYTES <= headers.length) {
            char flag = (char) headers[at + FLAG_OFFSET];
            boolean isExtension =
                    flag == 'x' || flag == 'X' || flag == 'g' || flag == 'L' || flag == 'K';
            if (!isExtension) {
                return records;
            }
            long size = size(headers, at);
            at += BLOCK_BYTES;
            if (size < 0 || size > headers.length - at) {
                throw new IOException("an extended header is cut off");
            }
            if (flag == 'x' || flag == 'X') {
                read(Arrays.copyOfRange(headers, at, at + (int) size), records);
            }
            at += Math.ceilDiv((int) size, BLOCK_BYTES) * BLOCK_BYTES;
        }
        return records;
    }

    private static long size(byte[] headers, int at) throws IOException {
        try {
            return TarUtils.parseOctalOrBinary(headers, at + SIZE_OFFSET, SIZE_LENGTH);
        } catch (IllegalArgumentException e) {
            throw new IOException("the size of an extended header can't be read", e);
        }
    }

    private static void read(byte[] data, Map<String, byte[]> records) throws IOException {
        int at = 0;
        while (at < data.length && data[at] != 0) {
            int space = indexOf(data, ' ', at);
            int length = length(data, at, space);
            int end = at + length;
            int equals = indexOf(data, '=', space + 1);
            if (end > data.length || equals < 0 || equals >= end || data[end - 1] != '\n') {
                throw new IOException("a record of an extended header is cut off");
            }
            records.put(
                    RawText.of(Arrays.copyOfRange(data, space + 1, equals)),
                    Arrays.copyOfRange(data, equals + 1, end - 1));
            at = end;
        }
    }

    private static int length(byte[] data, int from, int to) throws IOException {
        try {
            int length =
                    Integer.parseInt(
                            RawText.of(Arrays.copyOfRange(data, from, Math.max(from, to))));
            if (length > to - from && length <= data.length) {
                return length;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IOException("the length of a record of an extended header can't be read");
    }

    private static int indexOf(byte[] data, char wanted, int from) {
        for (int i = from; i < data.length; i++) {
            if (data[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
