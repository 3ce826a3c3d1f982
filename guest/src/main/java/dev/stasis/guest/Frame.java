package dev.stasis.guest;

/// One frame that the agent sent. Integers are little-endian.
///
/// ```
/// offset  size  field
/// 0       4     magic, "STS1"
/// 4       8     epoch of the connection
/// 12      4     stream
/// 16      1     type
/// 17      1     flags: bit 0 = the message goes on in the next frame
/// 18      2     zero
/// 20      4     length of the payload, n
/// 24      n     payload
/// 24+n    4     trailer: the complement of the epoch's low 32 bits
/// ```
final class Frame {
    static final int MAGIC = 0x31535453;
    static final int HEADER_BYTES = 24;
    static final int TRAILER_BYTES = 4;
    static final int MAX_PAYLOAD_BYTES = 16_384;
    static final int MAX_BYTES = HEADER_BYTES + MAX_PAYLOAD_BYTES + TRAILER_BYTES;
    static final int MAX_MESSAGE_BYTES = 1 << 20;
    static final int FLAG_MORE = 1;

    private final int stream;
    private final FrameType type;
    private final byte[] payload;

    /// @param payload not copied: it is this frame's from now on
    Frame(int stream, FrameType type, byte[] payload) {
        this.stream = stream;
        this.type = type;
        this.payload = payload;
    }

    static int trailerOf(long epoch) {
        return ~(int) epoch;
    }

    int stream() {
        return stream;
    }

    FrameType type() {
        return type;
    }

    /// The payload itself, not a copy.
    byte[] payload() {
        return payload;
    }

    @Override
    public String toString() {
        return type
                + " on stream "
                + Integer.toUnsignedString(stream)
                + " with "
                + payload.length
                + " bytes";
    }
}
