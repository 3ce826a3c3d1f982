package dev.stasis.junit;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;

/// Names of sandboxes that no other run has.
final class ForkNames {
    private static final int LETTERS = 6;
    private static final int BASE = 36;

    private final String prefix;
    private final AtomicInteger count = new AtomicInteger();

    ForkNames() {
        var text = new StringBuilder("junit-");
        new SecureRandom()
                .ints(LETTERS, 0, BASE)
                .forEach(digit -> text.append(Character.forDigit(digit, BASE)));
        prefix = text.toString();
    }

    String next(String sandbox) {
        return prefix + "-" + sandbox + "-" + count.incrementAndGet();
    }
}
