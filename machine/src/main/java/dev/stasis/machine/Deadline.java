package dev.stasis.machine;

import java.time.Duration;

/// A point in time by which something must be done; shared by the steps of an operation.
record Deadline(long nanoTime, Duration whole) {
    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos(), time);
    }

    /// What is left; zero when it has passed.
    Duration left() {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    boolean passed() {
        return left().isZero();
    }

    /// What is left, but no more than that.
    Duration leftAtMost(Duration limit) {
        return left().compareTo(limit) < 0 ? left() : limit;
    }

    @Override
    public String toString() {
        return whole.toMillis() + " ms";
    }
}
