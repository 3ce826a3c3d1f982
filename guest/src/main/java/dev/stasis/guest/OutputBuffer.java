package dev.stasis.guest;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.ByteArrayOutputStream;

/// A sink that keeps what it is given, up to a limit. Thread-safe.
public final class OutputBuffer implements OutputSink {
    private final String name;
    private final ByteSize limit;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /// Makes an empty one.
    ///
    /// @param name what it keeps, for errors, such as `stdout`
    /// @param limit the most bytes it keeps
    public OutputBuffer(String name, ByteSize limit) {
        this.name = name;
        this.limit = limit;
    }

    /// Keeps the bytes.
    ///
    /// @throws StasisException with {@link ErrorCode#OUTPUT_TOO_LARGE} when they exceed the limit;
    ///   none of them are kept then
    @Override
    public synchronized void write(byte[] source, int offset, int length) {
        if (length > limit.bytes() - bytes.size()) {
            throw new StasisException(
                    ErrorCode.OUTPUT_TOO_LARGE,
                    "The command wrote more than "
                            + limit
                            + " to "
                            + name
                            + " and was killed: raise the output limit or give a stream for it");
        }
        bytes.write(source, offset, length);
    }

    @Override
    public boolean mayBlock() {
        return false;
    }

    /// What was kept so far.
    public synchronized byte[] bytes() {
        return bytes.toByteArray();
    }
}
