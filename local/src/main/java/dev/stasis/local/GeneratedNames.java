package dev.stasis.local;

import java.util.concurrent.ThreadLocalRandom;

/// Names for sandboxes that nobody named.
final class GeneratedNames {
    private static final int RADIX = 36;
    private static final long RANGE = (long) Math.pow(RADIX, 8);

    private GeneratedNames() {}

    /// A name that is very likely free.
    ///
    /// @param kind what it begins with
    static String next(String kind) {
        return kind + "-" + Long.toString(ThreadLocalRandom.current().nextLong(RANGE), RADIX);
    }
}
