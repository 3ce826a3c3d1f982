package dev.stasis.guest;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Random;

/// Frames that may be right or wrong, from a seed that is said when something goes wrong.
final class Fuzz {
    /// How long each of the tests of this kind goes on: some seconds, or as many as this says.
    private static final String SECONDS = "dev.stasis.fuzz.seconds";

    private static final long FIRST = Long.getLong("dev.stasis.fuzz.seed", System.nanoTime());
    private static final int[] LENGTHS = {0, 0, 1, 4, 4, 5, 8, 8, 11, 12, 16, 17};
    private static final int LONGEST = 16_384;

    final Random random;

    Fuzz(Random random) {
        this.random = random;
    }

    /// Something that is done for one seed.
    interface Round {
        void run(long seed) throws Exception;
    }

    /// Does it for one seed after the other.
    static void rounds(Round round) {
        long end = System.nanoTime() + Duration.ofSeconds(Long.getLong(SECONDS, 5)).toNanos();
        long seed = FIRST;
        do {
            try {
                round.run(seed);
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "with -Ddev.stasis.fuzz.seed=%d, after %d rounds"
                                .formatted(seed, seed - FIRST),
                        e);
            }
            seed++;
        } while (System.nanoTime() < end);
        System.out.printf("%d rounds from seed %d on%n", seed - FIRST, FIRST);
    }

    boolean once(int in) {
        return random.nextInt(in) == 0;
    }

    int one(int... of) {
        return of[random.nextInt(of.length)];
    }

    /// Any bytes of a likely length.
    byte[] payload() {
        var bytes = new byte[once(20) ? random.nextInt(LONGEST + 1) : one(LENGTHS)];
        random.nextBytes(bytes);
        if (once(2)) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (once(3) ? random.nextInt(3) : 0); // small numbers
            }
        }
        return bytes;
    }

    /// A list of fields of which any may be wrong.
    byte[] fields() {
        var out = new ByteArrayOutputStream();
        for (int i = random.nextInt(8); i >= 0; i--) {
            int tag = once(3) ? random.nextInt(20) : 1;
            byte[] value = payload();
            if (tag == 1) {
                value = new byte[] {(byte) one('c', 'y', 's', 'x')};
            }
            out.write(tag);
            int claimed = once(30) ? random.nextInt() : value.length;
            out.writeBytes(FakeAgent.ints(claimed));
            out.writeBytes(value);
        }
        return out.toByteArray();
    }

    /// Changes some of the bytes, cuts them off or puts others in; most often none.
    byte[] mutated(byte[] bytes) {
        if (bytes.length == 0 || once(2)) {
            return bytes;
        }
        byte[] changed = bytes.clone();
        for (int i = random.nextInt(3); i > 0; i--) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
        }
        return once(4) ? java.util.Arrays.copyOf(changed, random.nextInt(changed.length)) : changed;
    }
}
