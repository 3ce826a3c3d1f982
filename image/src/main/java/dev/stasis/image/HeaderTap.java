package dev.stasis.image;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/// Sits between a tar file and its reader: keeps the bytes of the headers, since the reader decodes
/// binary attributes as text, and bounds them, since it reads them into memory whatever they say.
final class HeaderTap extends FilterInputStream {
    private final ByteArrayOutputStream headers = new ByteArrayOutputStream();
    private long offset;
    private boolean tapping;

    HeaderTap(InputStream in) {
        super(in);
    }

    /// Begins to keep what is read. The reader stands at the end of an entry's content, so what
    /// comes first is the padding of that.
    void start() {
        headers.reset();
        tapping = true;
    }

    /// Stops keeping what is read.
    ///
    /// @return what was kept, from the first whole block on
    byte[] stop() {
        tapping = false;
        byte[] kept = headers.toByteArray();
        long begin = offset - kept.length;
        int padding = (int) (-begin & (PaxRecords.BLOCK_BYTES - 1));
        return Arrays.copyOfRange(kept, Math.min(padding, kept.length), kept.length);
    }

    @Override
    public int read() throws IOException {
        int value = in.read();
        if (value >= 0) {
            keep(new byte[] {(byte) value}, 0, 1);
        }
        return value;
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
        int count = in.read(buffer, from, length);
        if (count > 0) {
            keep(buffer, from, count);
        }
        return count;
    }

    /// What is skipped is read, since those below may digest it.
    @Override
    public long skip(long count) throws IOException {
        int wanted = (int) Math.min(count, PaxRecords.BLOCK_BYTES);
        return Math.max(read(new byte[wanted], 0, wanted), 0);
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void keep(byte[] buffer, int from, int count) throws IOException {
        offset += count;
        if (tapping) {
            if (headers.size() + count > ImageLimits.LARGEST_HEADERS_BYTES) {
                throw new IOException(
                        "the headers of one entry take more than %d bytes"
                                .formatted(ImageLimits.LARGEST_HEADERS_BYTES));
            }
            headers.write(buffer, from, count);
        }
    }
}
