package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ByteSize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class GuestSizeTest {
    private static final long BLOCK = 128L << 20;

    @Test
    void whatTheAgentSaysIsRead() {
        assertThat(GuestSize.of(answer(2, 8, BLOCK, 4 * BLOCK, BLOCK, 2 * BLOCK, 1234)))
                .isEqualTo(
                        new GuestSize(
                                2,
                                8,
                                new ByteSize(BLOCK),
                                new ByteSize(4 * BLOCK),
                                new ByteSize(BLOCK),
                                new ByteSize(2 * BLOCK),
                                new ByteSize(1234)));
    }

    @Test
    void whatCannotBeTrueIsRefused() {
        refused(new byte[47]);
        refused(answer(0, 8, BLOCK, 0, 0, 0, 0));
        refused(answer(9, 8, BLOCK, 0, 0, 0, 0));
        refused(answer(1, 8, 0, 0, 0, 0, 0));
        refused(answer(1, 8, BLOCK + 1, 0, 0, 0, 0));
        refused(answer(1, 8, -BLOCK, 0, 0, 0, 0));
        refused(answer(1, 8, BLOCK, -1, 0, 0, 0));
        refused(answer(1, 8, BLOCK, 0, 0, 0, Long.MIN_VALUE));
    }

    private static void refused(byte[] answer) {
        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> GuestSize.of(answer))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] answer(int cpus, int possible, long... numbers) {
        var bytes = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(cpus).putInt(possible);
        for (long number : numbers) {
            bytes.putLong(number);
        }
        return bytes.array();
    }
}
