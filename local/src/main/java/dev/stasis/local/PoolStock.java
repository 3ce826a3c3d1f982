package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The clones that a pool has ready, and whether it wants more. Thread-safe.
///
/// Forks that are asked for one after the other come first: while there are clones, more are made
/// only when nobody has asked for one for a moment, since a machine that starts takes the
/// processors that forks need.
final class PoolStock {
    /// How long nobody asks before clones are made again.
    private static final Duration REST = Duration.ofMillis(100);

    /// How long to wait before a clone is tried again: for memory, and after a failure.
    private static final Duration AGAIN = Duration.ofMillis(500);

    private final String pool;
    private final int size;
    private final ByteSize sparedMemory;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Clone> ready = new ArrayDeque<>(); // guarded by lock, as all below
    private int making;
    private int calls;
    private int waiting;
    private int fillers;
    private long lastCall = System.nanoTime() - REST.toNanos();
    private boolean closed;
    private @Nullable StasisException failure;

    /// @param pool how messages call it
    /// @param size how many clones there should be
    /// @param sparedMemory how much of this computer's memory is left free
    PoolStock(String pool, int size, ByteSize sparedMemory) {
        this.pool = pool;
        this.size = size;
        this.sparedMemory = sparedMemory;
    }

    /// Begins the work of a thread that makes clones.
    void join() {
        lock.lock();
        try {
            fillers++;
        } finally {
            lock.unlock();
        }
    }

    /// Ends it.
    void part() {
        lock.lock();
        try {
            fillers--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until another clone is to be made, and counts it.
    ///
    /// @return false when the pool is closed
    boolean awaitNeed() {
        lock.lock();
        try {
            while (!closed) {
                boolean wanted = ready.size() + making < size && calls == 0;
                long rest = rest();
                if (wanted && rest > 0) {
                    var _ = changed.awaitNanos(rest);
                } else if (wanted && failure == null && hasMemory()) {
                    making++;
                    return true;
                } else if (wanted) {
                    var _ = changed.awaitNanos(AGAIN.toNanos());
                    failure = null;
                } else {
                    changed.await();
                }
            }
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasMemory() {
        return HostSize.available().compareTo(sparedMemory) > 0;
    }

    private long rest() {
        boolean urgent = ready.isEmpty() || waiting > 0;
        return urgent ? 0 : REST.toNanos() - (System.nanoTime() - lastCall);
    }

    /// Takes a clone that was made.
    ///
    /// @return false when the pool is closed, so that the clone stays its maker's
    boolean made(Clone clone) {
        lock.lock();
        try {
            making--;
            failure = null;
            if (!closed) {
                ready.add(clone);
            }
            changed.signalAll();
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /// Notes that a clone can't be made.
    void failed(@Nullable StasisException why) {
        lock.lock();
        try {
            making--;
            failure = why;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// How many clones there are.
    int ready() {
        lock.lock();
        try {
            return ready.size();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until there are as many clones as there should be, see [dev.stasis.Pool#awaitReady].
    void awaitReady(Duration atMost) {
        long left = atMost.toNanos();
        lock.lock();
        waiting++;
        changed.signalAll();
        try {
            while (ready.size() < size) {
                requireOpen();
                if (failure != null) {
                    throw failure;
                }
                if (left <= 0) {
                    throw new StasisException(
                            ErrorCode.DEADLINE_EXCEEDED,
                            "%s has %d of %d clones after %s, with %s of memory available and %s to be left free"
                                    .formatted(
                                            pool,
                                            ready.size(),
                                            size,
                                            atMost,
                                            HostSize.available(),
                                            sparedMemory));
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED, "Waiting for a pool was interrupted", e);
        } finally {
            waiting--;
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new StasisException(ErrorCode.WRONG_STATE, pool + " is closed: make another one");
        }
    }

    /// Begins a call, until [#leave], with a clone that lives if there is one.
    Optional<Clone> take() {
        var dead = new ArrayList<Clone>();
        lock.lock();
        try {
            requireOpen();
            calls++;
            for (var clone = ready.poll(); clone != null; clone = ready.poll()) {
                if (clone.isAlive()) {
                    return Optional.of(clone);
                }
                dead.add(clone);
            }
            return Optional.empty();
        } finally {
            lock.unlock();
            dead.forEach(Clone::close);
        }
    }

    /// Takes back a clone that was not used.
    ///
    /// @return false when the pool is closed, so that the clone stays its caller's
    boolean giveBack(Clone clone) {
        lock.lock();
        try {
            if (!closed) {
                ready.addFirst(clone);
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /// Ends a call.
    void leave() {
        lock.lock();
        try {
            calls--;
            lastCall = System.nanoTime();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Lets no call begin any more, and waits until nobody makes or takes a clone.
    ///
    /// @return the clones that are left; empty when it was closed before
    Optional<List<Clone>> close() {
        lock.lock();
        try {
            if (closed) {
                return Optional.empty();
            }
            closed = true;
            var left = List.copyOf(ready);
            ready.clear();
            changed.signalAll();
            while (fillers > 0 || calls > 0) { // the snapshot stays pinned for them
                changed.awaitUninterruptibly(); // what they are making has a deadline
            }
            return Optional.of(left);
        } finally {
            lock.unlock();
        }
    }
}
