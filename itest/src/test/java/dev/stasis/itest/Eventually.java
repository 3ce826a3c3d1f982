package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;

/// Waits for something that another process does.
final class Eventually {
    private Eventually() {}

    /// What is waited for.
    interface Condition {
        boolean holds() throws IOException;
    }

    static void is(Duration longest, String what, Condition condition)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what + " within " + longest).isLessThan(end);
            Thread.sleep(1);
        }
    }
}
