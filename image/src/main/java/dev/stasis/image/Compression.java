package dev.stasis.image;

import java.util.Arrays;

/// How a file is compressed, by what it begins with: what it is said to be is not believed.
enum Compression {
    NONE,
    GZIP,
    ZSTD;

    static final int MAGIC_BYTES = 6;
    private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};
    private static final byte[] ZSTD_MAGIC = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};

    /// The beginning of a frame without content, of which there are sixteen kinds; images that can
    /// be read in parts begin with one.
    private static final byte[] ZSTD_SKIPPED = {0x2a, 0x4d, 0x18};

    static Compression of(byte[] beginning) {
        if (startsWith(beginning, GZIP_MAGIC)) {
            return GZIP;
        }
        boolean skipped =
                beginning.length > ZSTD_SKIPPED.length
                        && (beginning[0] & 0xf0) == 0x50
                        && startsWith(
                                Arrays.copyOfRange(beginning, 1, beginning.length), ZSTD_SKIPPED);
        return skipped || startsWith(beginning, ZSTD_MAGIC) ? ZSTD : NONE;
    }

    static boolean startsWith(byte[] content, byte[] magic) {
        return Arrays.equals(Arrays.copyOf(content, magic.length), magic);
    }
}
