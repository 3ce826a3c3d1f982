package dev.stasis.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes a tar file in one form only: POSIX headers, with an extended header before each entry
/// that needs one.
final class TarWriter {
    private static final int NAME_BYTES = 100;
    private static final int NUMBER_BYTES = 8;
    private static final int LONG_NUMBER_BYTES = 12;
    private static final int CHECKSUM_OFFSET = 148;
    private static final String MAGIC = "ustar\u000000";
    private static final TarEntry.Attributes PLAIN = new TarEntry.Attributes(0, 0, 0, 0, Map.of());

    private final OutputStream out;

    TarWriter(OutputStream out) {
        this.out = out;
    }

    /// Writes an entry.
    ///
    /// @param content as many bytes as the entry's size says
    void write(TarEntry entry, InputStream content) throws IOException {
        var extended = extended(entry);
        if (extended.length > 0) {
            out.write(header("pax", 'x', extended.length, null));
            out.write(extended);
            pad(extended.length);
        }
        out.write(header(entry.path(), entry.kind().flag(), entry.size(), entry));
        if (entry.size() > 0) {
            long written = content.transferTo(out);
            if (written != entry.size()) {
                throw new IOException(
                        "the content has %d bytes instead of %d".formatted(written, entry.size()));
            }
            pad(written);
        }
    }

    /// Writes the mark of the end.
    void finish() throws IOException {
        out.write(new byte[2 * PaxRecords.BLOCK_BYTES]);
    }

    private static byte[] extended(TarEntry entry) {
        var records = new ByteArrayOutputStream();
        if (entry.path().length() > NAME_BYTES) {
            record(records, "path", RawText.bytes(entry.path()));
        }
        if (entry.target().length() > NAME_BYTES) {
            record(records, "linkpath", RawText.bytes(entry.target()));
        }
        number(records, "size", entry.size(), LONG_NUMBER_BYTES);
        number(records, "uid", entry.attributes().uid(), NUMBER_BYTES);
        number(records, "gid", entry.attributes().gid(), NUMBER_BYTES);
        for (Map.Entry<String, byte[]> xattr : entry.attributes().xattrs().entrySet()) {
            record(records, "SCHILY.xattr." + xattr.getKey(), xattr.getValue());
        }
        return records.toByteArray();
    }

    private static void number(
            ByteArrayOutputStream records, String key, long value, int fieldBytes) {
        if (value >= limit(fieldBytes)) {
            record(records, key, Long.toString(value).getBytes(StandardCharsets.US_ASCII));
        }
    }

    /// The length that a record begins with counts its own digits.
    private static void record(ByteArrayOutputStream records, String key, byte[] value) {
        int rest = 1 + key.length() + 1 + value.length + 1;
        int length = rest + Integer.toString(rest).length();
        if (Integer.toString(length).length() > Integer.toString(rest).length()) {
            length++;
        }
        records.writeBytes(RawText.bytes(length + " " + key + "="));
        records.writeBytes(value);
        records.write('\n');
    }

    /// A header block.
    ///
    /// @param entry what else to say in it; none = an extended header
    private static byte[] header(String path, char flag, long size, @Nullable TarEntry entry) {
        var fields = new ByteArrayOutputStream(PaxRecords.BLOCK_BYTES);
        var attributes = entry == null ? PLAIN : entry.attributes();
        text(fields, path.isEmpty() ? "./" : path, NAME_BYTES);
        octal(fields, attributes.mode(), NUMBER_BYTES);
        octal(fields, attributes.uid(), NUMBER_BYTES);
        octal(fields, attributes.gid(), NUMBER_BYTES);
        octal(fields, size, LONG_NUMBER_BYTES);
        octal(fields, attributes.modified(), LONG_NUMBER_BYTES);
        text(fields, " ".repeat(NUMBER_BYTES), NUMBER_BYTES); // The check sum counts as blanks.
        fields.write(flag);
        text(fields, entry == null ? "" : entry.target(), NAME_BYTES);
        text(fields, MAGIC, NUMBER_BYTES);
        byte[] block = Arrays.copyOf(fields.toByteArray(), PaxRecords.BLOCK_BYTES);
        int sum = 0;
        for (byte b : block) {
            sum += Byte.toUnsignedInt(b);
        }
        byte[] digits = RawText.bytes("%06o\0 ".formatted(sum));
        System.arraycopy(digits, 0, block, CHECKSUM_OFFSET, digits.length);
        return block;
    }

    private static void text(ByteArrayOutputStream fields, String text, int bytes) {
        fields.writeBytes(Arrays.copyOf(RawText.bytes(text), bytes));
    }

    /// A number that does not fit is in the extended header as well, and 0 here.
    private static void octal(ByteArrayOutputStream fields, long value, int bytes) {
        long written = value < limit(bytes) ? value : 0;
        text(fields, "%0{}o\0".replace("{}", String.valueOf(bytes - 1)).formatted(written), bytes);
    }

    /// What a field of octal digits and a closing NUL can't hold any more.
    private static long limit(int bytes) {
        return 1L << (3 * (bytes - 1));
    }

    private void pad(long written) throws IOException {
        out.write(new byte[(int) (-written & (PaxRecords.BLOCK_BYTES - 1))]);
    }
}
