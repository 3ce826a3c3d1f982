package dev.stasis.guest;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.HexFormat;

/// Takes frames out of the bytes that a guest sends. Used by one thread; what it has seen so far
/// may be asked for by any.
///
/// A new connection may begin amid what an earlier one was sent. So the first thing looked for is
/// the whole WELCOME of this connection's epoch, at every byte; nothing sent earlier can hold those
/// random bits. From there on every byte has to be right: the agent does not lose any, so a frame
/// that is wrong is a violation and not something to recover from.
final class FrameReader {
    private static final int WELCOME_PAYLOAD_BYTES = 8;
    private static final int WELCOME_BYTES =
            Frame.HEADER_BYTES + WELCOME_PAYLOAD_BYTES + Frame.TRAILER_BYTES;
    private static final int SAMPLE_BYTES = 32;

    private final ReadableByteChannel channel;
    private final long epoch;
    private final byte[] bytes = new byte[2 * Frame.MAX_BYTES];
    private final ByteBuffer buffer =
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long total;
    private volatile long bytesRead; // the total, for other threads
    private volatile String sample = "";
    private volatile int features;

    FrameReader(ReadableByteChannel channel, long epoch) {
        this.channel = channel;
        this.epoch = epoch;
    }

    /// Drops everything before this connection's WELCOME.
    ///
    /// @return the version that the agent chose; 0 = it speaks none of those offered
    int awaitWelcome() throws IOException {
        require(1);
        sample = HexFormat.of().formatHex(bytes, 0, Math.min(SAMPLE_BYTES, buffer.limit()));
        require(WELCOME_BYTES);
        while (!welcomeIsNext()) {
            buffer.get();
            require(WELCOME_BYTES);
        }
        int version = Short.toUnsignedInt(buffer.getShort(buffer.position() + Frame.HEADER_BYTES));
        features = buffer.getInt(buffer.position() + Frame.HEADER_BYTES + 4);
        buffer.position(buffer.position() + WELCOME_BYTES);
        return version;
    }

    /// The features of the agent, once its WELCOME was read: see {@link Feature}.
    int features() {
        return features;
    }

    /// The next frame.
    ///
    /// @throws EOFException when the agent hung up, be it amid a frame
    Frame next() throws IOException {
        require(Frame.HEADER_BYTES);
        int start = buffer.position();
        if (buffer.getInt(start) != Frame.MAGIC) {
            throw new ProtocolViolation("bytes that begin no frame: " + hexAt(start));
        }
        if (buffer.getLong(start + 4) != epoch) {
            throw new ProtocolViolation("a frame of another connection: " + hexAt(start));
        }
        FrameType type = FrameType.of(buffer.get(start + 16));
        int length = buffer.getInt(start + 20);
        if (type == null || buffer.get(start + 17) != 0 || buffer.getShort(start + 18) != 0) {
            throw new ProtocolViolation("a frame of unknown type or flags: " + hexAt(start));
        }
        if (length < 0 || length > Frame.MAX_PAYLOAD_BYTES) {
            throw new ProtocolViolation(
                    "a frame that claims "
                            + Integer.toUnsignedString(length)
                            + " bytes, more than "
                            + Frame.MAX_PAYLOAD_BYTES);
        }
        int stream = buffer.getInt(start + 12);
        require(Frame.HEADER_BYTES + length + Frame.TRAILER_BYTES);
        var payload = new byte[length];
        buffer.position(buffer.position() + Frame.HEADER_BYTES).get(payload);
        if (buffer.getInt() != Frame.trailerOf(epoch)) {
            throw new ProtocolViolation("a frame with a wrong trailer: " + type);
        }
        return new Frame(stream, type, payload);
    }

    /// What has come so far, for the message of an error.
    String seen() {
        long bytes = bytesRead;
        return bytes == 0 ? "nothing came" : bytes + " bytes came, beginning with " + sample;
    }

    private boolean welcomeIsNext() {
        int at = buffer.position();
        return buffer.getInt(at) == Frame.MAGIC
                && buffer.getLong(at + 4) == epoch
                && buffer.getInt(at + 12) == 0
                && buffer.getInt(at + 16) == FrameType.WELCOME.number()
                && buffer.getInt(at + 20) == WELCOME_PAYLOAD_BYTES
                && buffer.getInt(at + WELCOME_BYTES - Frame.TRAILER_BYTES)
                        == Frame.trailerOf(epoch);
    }

    private void require(int wanted) throws IOException {
        while (buffer.remaining() < wanted) {
            buffer.compact();
            int count;
            try {
                count = channel.read(buffer);
            } finally {
                buffer.flip();
            }
            if (count < 0) {
                throw new EOFException();
            }
            total += count;
            bytesRead = total;
        }
    }

    private String hexAt(int start) {
        return HexFormat.of().formatHex(bytes, start, start + Frame.HEADER_BYTES);
    }
}
