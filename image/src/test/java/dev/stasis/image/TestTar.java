package dev.stasis.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// Tar files made by hand, header by header, so that they can be as wrong as a test wants.
final class TestTar {
    static final int BLOCK = 512;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    static TestTar begin() {
        return new TestTar();
    }

    TestTar folder(String path) {
        return entry('5', path, "", 0);
    }

    TestTar file(String path, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return entry('0', path, "", bytes.length).content(bytes);
    }

    TestTar symbolicLink(String path, String target) {
        return entry('2', path, target, 0);
    }

    TestTar hardLink(String path, String target) {
        return entry('1', path, target, 0);
    }

    TestTar entry(char flag, String path, String target, long size) {
        return entry(flag, path, target, size, 0644, 0, 0);
    }

    TestTar entry(char flag, String path, String target, long size, int mode, int uid, int gid) {
        byte[] header = new byte[BLOCK];
        put(header, 0, path.getBytes(StandardCharsets.ISO_8859_1));
        put(header, 100, "%07o".formatted(mode));
        put(header, 108, "%07o".formatted(uid));
        put(header, 116, "%07o".formatted(gid));
        put(header, 124, "%011o".formatted(size));
        put(header, 136, "%011o".formatted(1_000_000_000L));
        header[156] = (byte) flag;
        put(header, 157, target.getBytes(StandardCharsets.ISO_8859_1));
        put(header, 257, "ustar\u000000");
        return header(header);
    }

    /// A header of which only the check sum is still missing.
    TestTar header(byte[] header) {
        put(header, 148, "        ");
        int sum = 0;
        for (byte b : header) {
            sum += Byte.toUnsignedInt(b);
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        out.writeBytes(header);
        return this;
    }

    TestTar content(byte[] content) {
        out.writeBytes(content);
        out.writeBytes(new byte[-content.length & (BLOCK - 1)]);
        return this;
    }

    /// An extended header for the next entry.
    TestTar extended(String key, byte[] value) {
        byte[] start = (" " + key + "=").getBytes(StandardCharsets.UTF_8);
        int length = start.length + value.length + 1;
        length += Integer.toString(length + 3).length();
        var record = new ByteArrayOutputStream();
        record.writeBytes(Integer.toString(length).getBytes(StandardCharsets.US_ASCII));
        record.writeBytes(start);
        record.writeBytes(value);
        record.write('\n');
        return entry('x', "pax", "", record.size()).content(record.toByteArray());
    }

    TestTar extended(String key, String value) {
        return extended(key, value.getBytes(StandardCharsets.UTF_8));
    }

    /// GNU's way to give the next entry a long name.
    TestTar gnuLongName(String name) {
        byte[] bytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
        return entry('L', "././@LongLink", "", bytes.length).content(bytes);
    }

    byte[] unfinished() {
        return out.toByteArray();
    }

    byte[] finish() {
        return Arrays.copyOf(out.toByteArray(), out.size() + 2 * BLOCK);
    }

    Path write(Path file) throws IOException {
        return Files.write(file, finish());
    }

    private static void put(byte[] header, int at, String text) {
        put(header, at, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void put(byte[] header, int at, byte[] bytes) {
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
