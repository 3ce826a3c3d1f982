package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A moment until which something is waited for.
///
/// @param nanoTime on the clock of {@link System#nanoTime()}
/// @param total how long was given
record Deadline(long nanoTime, Duration total) {
    private static final Duration LONGEST = Duration.ofDays(3650);

    static Deadline in(Duration duration) {
        Duration bounded = duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
        return new Deadline(System.nanoTime() + bounded.toNanos(), bounded);
    }

    /// This one, or one of its own that comes before it.
    ///
    /// @return with this one's total, which is what counts in the end
    Deadline orIn(Duration sooner) {
        Deadline other = in(sooner);
        return other.nanoTime - nanoTime < 0 ? new Deadline(other.nanoTime, total) : this;
    }

    /// How long is left; not positive once it has passed.
    long nanosLeft() {
        return nanoTime - System.nanoTime();
    }

    /// Waits for a result that only ever fails with a {@link StasisException}.
    ///
    /// @throws TimeoutException when the deadline passed
    <T> T await(CompletableFuture<T> future, String what) throws TimeoutException {
        try {
            return future.get(Math.max(0, nanosLeft()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw interrupted(what, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StasisException failure) {
                throw failure;
            }
            throw new StasisException(ErrorCode.INTERNAL, what + " failed", e.getCause());
        }
    }

    static StasisException interrupted(String what, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new StasisException(
                ErrorCode.INTERRUPTED, what + ": the waiting thread was interrupted", cause);
    }

    @Override
    public String toString() {
        return text(total);
    }

    static String text(Duration duration) {
        return duration.toMillis() % 1000 == 0
                ? duration.toSeconds() + " s"
                : duration.toMillis() + " ms";
    }
}
