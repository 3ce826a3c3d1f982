package dev.stasis.guest;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/// Both outputs of one command, in the order in which the agent sent them, until a caller takes
/// them. The agent gets credit for what was taken only, so no more than two windows of 64 KiB ever
/// wait here. Serves one command. Thread-safe.
public final class OutputQueue implements CommandOutput {
    private static final int PIECE_BYTES = 16_384;

    /// Which output.
    public enum Channel {
        /// Standard output, or a terminal's.
        STDOUT,
        /// Standard error.
        STDERR
    }

    /// Some bytes of one output.
    ///
    /// @param channel which output
    /// @param bytes the caller's own
    @SuppressWarnings("ArrayRecordComponent") // given away once, and never compared
    public record Piece(Channel channel, byte[] bytes) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Gathered> pieces = new ArrayDeque<>(); // guarded by lock
    private final EnumSet<Channel> used = EnumSet.noneOf(Channel.class); // guarded by lock
    private int open; // guarded by lock: how many sides have not ended

    /// Makes an empty one.
    public OutputQueue() {}

    /// Waits for output.
    ///
    /// @param longest how long to wait
    /// @return some output; none when it is at its end
    /// @throws TimeoutException when none came in time
    public Optional<Piece> take(Duration longest) throws TimeoutException {
        var deadline = Deadline.in(longest);
        Gathered first;
        int credit;
        lock.lock();
        try {
            await(deadline);
            first = pieces.poll();
            if (first == null) {
                return Optional.empty();
            }
            credit = first.side.release(first.size);
        } finally {
            lock.unlock();
        }
        if (credit > 0) {
            first.side.giveCredit.accept(credit);
        }
        return Optional.of(new Piece(first.side.channel, first.bytes()));
    }

    private void await(Deadline deadline) throws TimeoutException {
        while (pieces.isEmpty() && open > 0) {
            if (deadline.nanosLeft() <= 0) {
                throw new TimeoutException();
            }
            try {
                long _ = changed.awaitNanos(deadline.nanosLeft());
            } catch (InterruptedException e) {
                throw Deadline.interrupted("Waiting for a command's output", e);
            }
        }
    }

    /// One of the outputs, for the connection's reader.
    ///
    /// @param giveCredit sends the agent credit for that many bytes; may block
    Output side(Channel channel, IntConsumer giveCredit) {
        lock.lock();
        try {
            if (!used.add(channel)) {
                throw new IllegalStateException("a queue serves one command");
            }
            open++;
            return new Side(channel, giveCredit);
        } finally {
            lock.unlock();
        }
    }

    private final class Side implements Output {
        private final Channel channel;
        private final IntConsumer giveCredit;
        private final CompletableFuture<Void> drained = new CompletableFuture<>();
        private int waiting; // guarded by lock, as the next two: bytes that were not taken yet
        private int taken; // bytes whose credit is not given back yet
        private boolean ended;

        private Side(Channel channel, IntConsumer giveCredit) {
            this.channel = channel;
            this.giveCredit = giveCredit;
        }

        @Override
        public void append(byte[] bytes) throws ProtocolViolation {
            lock.lock();
            try {
                int credit = WINDOW_BYTES - waiting - taken;
                if (bytes.length > credit) {
                    throw new ProtocolViolation(
                            bytes.length + " bytes of output with a credit of " + credit);
                }
                if (ended || bytes.length == 0) {
                    return;
                }
                waiting += bytes.length;
                var last = pieces.peekLast();
                if (last == null || !last.add(this, bytes)) {
                    pieces.add(new Gathered(this, bytes));
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void end() {
            lock.lock();
            try {
                if (!ended) {
                    ended = true;
                    open--;
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
            drained.complete(null);
        }

        @Override
        public CompletableFuture<Void> drained() {
            return drained;
        }

        /// The credit to give back now that a caller has taken that many bytes.
        private int release(int bytes) {
            waiting -= bytes;
            taken += bytes;
            if (ended || taken < CREDIT_STEP_BYTES) {
                return 0;
            }
            int credit = taken;
            taken = 0;
            return credit;
        }
    }

    /// Bytes of one output that came one after the other: many small frames become few pieces.
    private static final class Gathered {
        private final Side side;
        private byte[] bytes;
        private int size;

        private Gathered(Side side, byte[] bytes) {
            this.side = side;
            this.bytes = bytes;
            this.size = bytes.length;
        }

        /// Whether there was room for them here.
        private boolean add(Side from, byte[] more) {
            if (from != side || more.length > PIECE_BYTES - size) {
                return false;
            }
            if (more.length > bytes.length - size) {
                int twice = Math.max(size + more.length, 2 * bytes.length);
                bytes = Arrays.copyOf(bytes, Math.min(PIECE_BYTES, twice));
            }
            System.arraycopy(more, 0, bytes, size, more.length);
            size += more.length;
            return true;
        }

        private byte[] bytes() {
            return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
        }
    }
}
