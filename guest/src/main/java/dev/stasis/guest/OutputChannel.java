package dev.stasis.guest;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// One output of one command, between the connection's reader and the caller's sink.
///
/// The reader appends to a ring and never waits; a thread of this channel empties it into the sink
/// and gives the credit back once the sink has taken the bytes. The agent may not send beyond its
/// credit, so the ring never grows beyond {@link #WINDOW_BYTES}. Credit goes back in steps: the
/// agent always has the rest of the window while less than a step is kept back.
final class OutputChannel implements Output {
    private static final int FIRST_RING_BYTES = 1024;
    private static final int CHUNK_BYTES = 16_384;

    private final OutputSink sink;
    private final IntConsumer giveCredit;
    private final Consumer<Throwable> onFailure;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // The following are guarded by the lock; the bytes between head and head + size belong to the
    // draining thread.
    private byte[] ring = new byte[0];
    private int head;
    private int size;
    private int taken; // by the sink, but their credit is not yet given back
    private boolean draining;
    private boolean ended;

    /// @param giveCredit sends the agent credit for that many bytes; may block
    /// @param onFailure told what the sink threw, once; what comes afterwards is dropped
    OutputChannel(OutputSink sink, IntConsumer giveCredit, Consumer<Throwable> onFailure) {
        this.sink = sink;
        this.giveCredit = giveCredit;
        this.onFailure = onFailure;
    }

    /// Completed when the sink has taken all of it, too.
    @Override
    public CompletableFuture<Void> drained() {
        return drained;
    }

    @Override
    public void append(byte[] bytes) throws ProtocolViolation {
        lock.lock();
        try {
            if (bytes.length > WINDOW_BYTES - size - taken) {
                throw new ProtocolViolation(
                        bytes.length
                                + " bytes of output with a credit of "
                                + (WINDOW_BYTES - size - taken));
            }
            if (ended || bytes.length == 0) {
                return;
            }
            grow(size + bytes.length);
            int tail = (head + size) % ring.length;
            int first = Math.min(bytes.length, ring.length - tail);
            System.arraycopy(bytes, 0, ring, tail, first);
            System.arraycopy(bytes, first, ring, 0, bytes.length - first);
            size += bytes.length;
            changed.signal();
            if (!draining) {
                draining = true;
                startDraining();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void end() {
        lock.lock();
        try {
            ended = true;
            changed.signal();
            if (!draining) {
                drained.complete(null);
            }
        } finally {
            lock.unlock();
        }
    }

    private void startDraining() {
        if (sink.mayBlock()) {
            Thread.ofPlatform().daemon().name("agent-output").start(this::drain);
        } else {
            Thread.ofVirtual().name("agent-output").start(this::drain);
        }
    }

    private void drain() {
        boolean failed = false;
        for (Chunk chunk = next(); chunk.length > 0; chunk = next()) {
            if (!failed) {
                try {
                    sink.write(chunk.ring, chunk.offset, chunk.length);
                } catch (Throwable e) {
                    failed = true;
                    onFailure.accept(e);
                }
            }
            int credit = release(chunk.length);
            if (credit > 0) {
                giveCredit.accept(credit);
            }
        }
        drained.complete(null);
    }

    /// Waits for bytes; none are left when it is empty.
    private Chunk next() {
        lock.lock();
        try {
            while (size == 0 && !ended) {
                changed.awaitUninterruptibly();
            }
            int length = Math.min(CHUNK_BYTES, Math.min(size, ring.length - head));
            return new Chunk(ring, head, length);
        } finally {
            lock.unlock();
        }
    }

    /// The credit to give back now that the sink has taken that many bytes.
    private int release(int length) {
        lock.lock();
        try {
            head = (head + length) % ring.length;
            size -= length;
            taken += length;
            if (ended || taken < CREDIT_STEP_BYTES) {
                return 0;
            }
            int credit = taken;
            taken = 0;
            return credit;
        } finally {
            lock.unlock();
        }
    }

    private void grow(int bytes) {
        if (bytes <= ring.length) {
            return;
        }
        int length = Math.max(FIRST_RING_BYTES, Integer.highestOneBit(bytes - 1) << 1);
        var larger = new byte[length];
        int first = Math.min(size, ring.length - head);
        System.arraycopy(ring, head, larger, 0, first);
        System.arraycopy(ring, 0, larger, first, size - first);
        ring = larger;
        head = 0;
    }

    @SuppressWarnings("ArrayRecordComponent") // a view that lives for one turn of the loop
    private record Chunk(byte[] ring, int offset, int length) {}
}
