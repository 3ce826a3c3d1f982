package dev.stasis.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Makes the bytes of the frames of one connection.
final class FrameWriter {
    private static final int LOWEST_VERSION = 1;
    private static final int HIGHEST_VERSION = 1;

    private final long epoch;

    FrameWriter(long epoch) {
        this.epoch = epoch;
    }

    /// What a connection begins with: zeros that complete any half frame that an earlier one left
    /// behind, then HELLO.
    ByteBuffer opening() {
        byte[] versions =
                payload(
                        4,
                        b -> b.putShort((short) LOWEST_VERSION).putShort((short) HIGHEST_VERSION));
        ByteBuffer hello = frame(0, FrameType.HELLO, versions);
        return ByteBuffer.allocate(Frame.MAX_BYTES + hello.remaining())
                .position(Frame.MAX_BYTES)
                .put(hello)
                .flip();
    }

    ByteBuffer frame(int stream, FrameType type, byte... payload) {
        return frame(stream, type, false, ByteBuffer.wrap(payload));
    }

    ByteBuffer frame(int stream, FrameType type, byte[] bytes, int offset, int length) {
        return frame(stream, type, false, ByteBuffer.wrap(bytes, offset, length));
    }

    /// The frames of a message, which may be longer than one frame.
    List<ByteBuffer> message(int stream, FrameType type, byte[] message) {
        var frames = new ArrayList<ByteBuffer>();
        int at = 0;
        do {
            int length = Math.min(Frame.MAX_PAYLOAD_BYTES, message.length - at);
            boolean more = at + length < message.length;
            frames.add(frame(stream, type, more, ByteBuffer.wrap(message, at, length)));
            at += length;
        } while (at < message.length);
        return frames;
    }

    private ByteBuffer frame(int stream, FrameType type, boolean more, ByteBuffer payload) {
        int length = payload.remaining();
        if (length > Frame.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(
                    type + ": " + length + " bytes do not fit in a frame");
        }
        return ByteBuffer.allocate(Frame.HEADER_BYTES + length + Frame.TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Frame.MAGIC)
                .putLong(epoch)
                .putInt(stream)
                .put((byte) type.number())
                .put((byte) (more ? Frame.FLAG_MORE : 0))
                .putShort((short) 0)
                .putInt(length)
                .put(payload)
                .putInt(Frame.trailerOf(epoch))
                .flip();
    }

    /// That many bytes, filled in little-endian order.
    static byte[] payload(int bytes, Consumer<ByteBuffer> filler) {
        var payload = new byte[bytes];
        filler.accept(ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN));
        return payload;
    }
}
