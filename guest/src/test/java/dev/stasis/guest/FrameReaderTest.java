package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FrameReaderTest {
    private static final long EPOCH = 0x1122_3344_5566_7788L;
    private static final byte[] WELCOME =
            FakeAgent.frame(EPOCH, 0, 2, new byte[] {1, 0, 0, 0, 0, 0, 0, 0});

    @Test
    void welcomeIsFoundBehindHalfFramesAndTheWelcomeOfAnotherEpoch() throws IOException {
        byte[] half = new byte[1000];
        System.arraycopy(FakeAgent.frame(7, 3, 21, new byte[5000]), 0, half, 0, half.length);
        var other = FakeAgent.frame(EPOCH + 1, 0, 2, new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
        var reader = reader(half, other, WELCOME, FakeAgent.frame(EPOCH, 4, 48, new byte[] {9}));
        assertThat(reader.awaitWelcome()).isEqualTo(1);
        Frame next = reader.next();
        assertThat(next.type()).isEqualTo(FrameType.OK);
        assertThat(next.stream()).isEqualTo(4);
        assertThat(next.payload()).containsExactly(9);
    }

    @Test
    void welcomeIsFoundAtEveryOffset() throws IOException {
        for (int offset = 0; offset < 100; offset++) {
            var garbage = new byte[offset];
            new Random(offset).nextBytes(garbage);
            assertThat(reader(garbage, WELCOME).awaitWelcome()).isEqualTo(1);
        }
    }

    @Test
    void framesThatBreakTheRulesAreViolations() {
        byte[] good = FakeAgent.frame(EPOCH, 1, 21, new byte[10]);
        assertViolation(with(good, 0, 'X'), "begin no frame");
        assertViolation(with(good, 4, 1), "another connection");
        assertViolation(with(good, 16, 250), "unknown type");
        assertViolation(with(good, 17, 1), "flags");
        assertViolation(with(good, 18, 1), "flags");
        assertViolation(with(good, 23, 0xFF), "claims 4278190090 bytes");
        assertViolation(with(good, 21, 0x41), "claims");
        assertViolation(with(good, good.length - 1, 5), "trailer");
    }

    @Test
    void longestFrameIsTaken() throws IOException {
        var reader = reader(WELCOME, FakeAgent.frame(EPOCH, 1, 21, new byte[16_384]));
        reader.awaitWelcome();
        assertThat(reader.next().payload()).hasSize(16_384);
        assertThatThrownBy(reader::next).isInstanceOf(EOFException.class);
    }

    @Test
    @Timeout(60)
    void anyBytesEndInAFrameAViolationOrTheEnd() {
        var random = new Random(20_261);
        for (int round = 0; round < 3000; round++) {
            var bytes = new byte[WELCOME.length + random.nextInt(60_000)];
            System.arraycopy(WELCOME, 0, bytes, 0, WELCOME.length);
            fill(random, bytes);
            var reader = new FrameReader(new Pieces(bytes, random), EPOCH);
            try {
                reader.awaitWelcome();
                for (int frames = 0; frames <= bytes.length / 28; frames++) {
                    assertThat(reader.next().payload()).hasSizeLessThanOrEqualTo(16_384);
                }
                throw new AssertionError("more frames than bytes");
            } catch (EOFException | ProtocolViolation e) {
                assertThat(reader.seen()).isNotEmpty();
            } catch (IOException e) {
                throw new AssertionError("another failure", e);
            }
        }
    }

    /// Good frames, with some bytes changed.
    private static void fill(Random random, byte[] bytes) {
        int at = WELCOME.length;
        while (bytes.length - at > 28) {
            int length = random.nextInt(Math.min(bytes.length - at - 28, 16_384) + 1);
            byte[] frame =
                    FakeAgent.frame(EPOCH, random.nextInt(5), random.nextInt(50), new byte[length]);
            System.arraycopy(frame, 0, bytes, at, frame.length);
            at += frame.length;
        }
        for (int change = random.nextInt(4); change > 0; change--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
    }

    private static void assertViolation(byte[] frame, String message) {
        var reader = reader(WELCOME, frame);
        assertThatThrownBy(
                        () -> {
                            reader.awaitWelcome();
                            reader.next();
                        })
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining(message);
    }

    private static byte[] with(byte[] frame, int offset, int value) {
        byte[] changed = frame.clone();
        changed[offset] = (byte) value;
        return changed;
    }

    private static FrameReader reader(byte[]... parts) {
        var all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return new FrameReader(new Pieces(all.toByteArray(), new Random(1)), EPOCH);
    }

    /// A channel that gives its bytes in pieces of random size.
    private static final class Pieces implements ReadableByteChannel {
        private final ByteBuffer bytes;
        private final Random random;

        Pieces(byte[] bytes, Random random) {
            this.bytes = ByteBuffer.wrap(bytes);
            this.random = random;
        }

        @Override
        public int read(ByteBuffer target) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int most = Math.min(bytes.remaining(), target.remaining());
            int count = 1 + random.nextInt(most);
            target.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
