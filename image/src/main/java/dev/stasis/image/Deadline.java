package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.ImageProgress;
import dev.stasis.StasisException;
import java.time.Duration;

/// The point in time at which an import gives up.
final class Deadline {
    private final Duration given;
    private final long endNanos;

    Deadline(Duration given) {
        this.given = given;
        this.endNanos = System.nanoTime() + given.toNanos();
    }

    /// How long there was from the beginning.
    Duration given() {
        return given;
    }

    /// How long there still is.
    Duration left() {
        return Duration.ofNanos(Math.max(endNanos - System.nanoTime(), 0));
    }

    boolean isPast() {
        return endNanos - System.nanoTime() <= 0;
    }

    /// Gives up if it is time.
    void check(String source, ImageProgress last) {
        if (isPast()) {
            throw new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "No image was made from %s within %s: the last step was %s at %d of %d bytes; allow more time"
                            .formatted(
                                    source,
                                    given,
                                    last.step(),
                                    last.doneBytes(),
                                    last.totalBytes()));
        }
    }
}
