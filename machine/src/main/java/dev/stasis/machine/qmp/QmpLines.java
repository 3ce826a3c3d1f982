package dev.stasis.machine.qmp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Splits what QEMU sends into lines. A line that grows beyond the limit ends the connection before
/// it takes more memory.
final class QmpLines {
    static final int LONGEST = 4 << 20;
    private static final int BUFFER_BYTES = 64 << 10;

    private final ReadableByteChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();

    QmpLines(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /// The next line without its end, or null when the other side is done.
    @Nullable String next() throws IOException, LineTooLongException {
        var line = new ByteArrayOutputStream();
        while (true) {
            while (buffer.hasRemaining()) {
                byte b = buffer.get();
                if (b == '\n') {
                    return line.toString(StandardCharsets.UTF_8);
                }
                if (line.size() == LONGEST) {
                    throw new LineTooLongException();
                }
                line.write(b);
            }
            buffer.clear();
            int read = channel.read(buffer);
            buffer.flip();
            if (read < 0) {
                return null;
            }
        }
    }

    /// A line longer than {@link #LONGEST}.
    static final class LineTooLongException extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
