package dev.stasis.guest;

import java.io.IOException;
import java.io.OutputStream;

/// Takes what a command writes, in order. A slow sink slows down its command and nothing else.
/// Called by one thread at a time.
@FunctionalInterface
public interface OutputSink {
    /// Takes some bytes; the array belongs to the caller and changes afterwards. When this throws,
    /// the command is killed and the rest of its output dropped.
    ///
    /// @throws IOException when the bytes can't be taken
    void write(byte[] bytes, int offset, int length) throws IOException;

    /// Whether {@link #write} may wait for something outside of this process. Such a sink gets a
    /// platform thread, since a virtual one could hold up others with it.
    default boolean mayBlock() {
        return true;
    }

    /// A sink that writes to a stream and flushes it each time. It is not closed.
    static OutputSink to(OutputStream stream) {
        return (bytes, offset, length) -> {
            stream.write(bytes, offset, length);
            stream.flush();
        };
    }

    /// A sink that drops everything.
    static OutputSink discard() {
        return new OutputSink() {
            @Override
            public void write(byte[] bytes, int offset, int length) {}

            @Override
            public boolean mayBlock() {
                return false;
            }
        };
    }
}
