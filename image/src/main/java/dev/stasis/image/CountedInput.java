package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/// Tells how much was read.
final class CountedInput extends FilterInputStream {
    /// What headers and padding may take beside the content.
    private static final long AROUND_BYTES = 4L << 30;

    private final LongConsumer told;
    private long count;

    /// @param told how many bytes were read in all, after each reading
    CountedInput(InputStream in, LongConsumer told) {
        super(in);
        this.told = told;
    }

    /// Refuses a tar that unpacks to more than any that is within the limits, whatever its headers
    /// say.
    static LongConsumer atMost(String name, ImageLimits limits) {
        long most = limits.content().bytes() + AROUND_BYTES;
        return count -> {
            if (count > most) {
                throw new StasisException(
                        ErrorCode.IMAGE_INVALID,
                        "%s unpacks to more than %d bytes: no root file system can be made from it"
                                .formatted(name, most));
            }
        };
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
        int read = in.read(buffer, from, length);
        if (read > 0) {
            count += read;
            told.accept(count);
        }
        return read;
    }
}
