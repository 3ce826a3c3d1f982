package dev.stasis.guest;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The frames that wait to be sent on one connection. Callers put them here instead of writing to
/// the channel: a thread that is interrupted while it writes would close the channel for all
/// others, and a guest that does not read would hold it beyond its deadline.
final class Outbox {
    private static final int LIMIT_BYTES = 256 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notFull = lock.newCondition();
    private final Condition notEmpty = lock.newCondition();
    private final Condition idle = lock.newCondition();
    private final ArrayDeque<ByteBuffer> frames = new ArrayDeque<>();
    private int bytes;
    private boolean writing;
    private boolean closed;

    /// Waits for room; an interruption stays pending meanwhile, so that it can't cut a message in
    /// two. A frame put into a closed outbox is dropped.
    ///
    /// @return whether there was room before the deadline
    boolean put(ByteBuffer frame, Deadline deadline) {
        boolean interrupted = false;
        lock.lock();
        try {
            while (!closed && bytes >= LIMIT_BYTES) {
                if (deadline.nanosLeft() <= 0) {
                    return false;
                }
                try {
                    long _ = notFull.awaitNanos(deadline.nanosLeft());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            add(frame);
            return true;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Waits for room for as long as the connection lives.
    void put(ByteBuffer frame) {
        lock.lock();
        try {
            while (!closed && bytes >= LIMIT_BYTES) {
                notFull.awaitUninterruptibly();
            }
            add(frame);
        } finally {
            lock.unlock();
        }
    }

    /// The next frame; null once this is closed. The one before was written when this is called.
    @Nullable ByteBuffer take() {
        lock.lock();
        try {
            writing = false;
            if (frames.isEmpty()) {
                idle.signalAll();
            }
            while (!closed && frames.isEmpty()) {
                notEmpty.awaitUninterruptibly();
            }
            ByteBuffer frame = closed ? null : frames.poll();
            if (frame != null) {
                writing = true;
                bytes -= frame.remaining();
                notFull.signal();
            }
            return frame;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until all frames are written, this is closed, or the deadline has passed.
    void flush(Deadline deadline) {
        boolean interrupted = false;
        lock.lock();
        try {
            while (!closed && (writing || !frames.isEmpty()) && deadline.nanosLeft() > 0) {
                try {
                    long _ = idle.awaitNanos(deadline.nanosLeft());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            frames.clear();
            notFull.signalAll();
            notEmpty.signalAll();
            idle.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void add(ByteBuffer frame) {
        if (!closed) {
            frames.add(frame);
            bytes += frame.remaining();
            notEmpty.signal();
        }
    }
}
