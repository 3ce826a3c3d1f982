package dev.stasis.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The standard input of one command: sends what the agent has given credit for. Writers wait for
/// credit until the command or the connection ends.
final class StdinChannel extends OutputStream {
    private static final int WINDOW_BYTES = 65_536;

    private final Link link;
    private final int stream;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int credit = WINDOW_BYTES; // guarded by lock, as the next two
    private boolean commandEnded;
    private boolean closed;

    StdinChannel(Link link, int stream) {
        this.link = link;
        this.stream = stream;
    }

    /// Goes on where another host's input to the same command ended.
    ///
    /// @param credited how many bytes the agent takes at first
    /// @throws ProtocolViolation when that is more than a window
    void takeUp(int credited) throws ProtocolViolation {
        if (credited < 0 || credited > WINDOW_BYTES) {
            throw new ProtocolViolation("credit for " + credited + " bytes of stdin at first");
        }
        lock.lock();
        try {
            credit = credited;
        } finally {
            lock.unlock();
        }
    }

    /// The agent is ready for more.
    ///
    /// @throws ProtocolViolation when that is more than was ever sent
    void addCredit(long bytes) throws ProtocolViolation {
        lock.lock();
        try {
            if (bytes > WINDOW_BYTES - credit) {
                throw new ProtocolViolation(
                        "credit for " + bytes + " bytes of stdin over " + credit);
            }
            credit += (int) bytes;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// The command ended: writing fails from now on.
    void commandEnded() {
        lock.lock();
        try {
            commandEnded = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Whether nothing can be written any more.
    boolean isOver() {
        lock.lock();
        try {
            return commandEnded || closed;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until something may be sent.
    ///
    /// @return how many bytes may be sent in one frame
    /// @throws IOException when the command ended or this was closed
    int awaitCredit() throws IOException {
        lock.lock();
        try {
            while (credit == 0 && !commandEnded && !closed) {
                changed.awaitUninterruptibly();
            }
            if (commandEnded || closed) {
                throw new IOException(
                        closed ? "The standard input was closed" : "The command has ended");
            }
            return Math.min(credit, Frame.MAX_PAYLOAD_BYTES);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        for (int done = 0; done < length; ) {
            int count = take(length - done);
            link.send(link.writer().frame(stream, FrameType.STDIN, bytes, offset + done, count));
            done += count;
        }
    }

    /// Sends bytes as above, but waits no longer than that for each part of them to be taken.
    ///
    /// @throws dev.stasis.StasisException with {@link dev.stasis.ErrorCode#INTERRUPTED}; some of
    ///   the bytes may be sent then, as when the time was over
    void write(byte[] bytes, int offset, int length, Duration longest)
            throws IOException, TimeoutException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        for (int done = 0; done < length; ) {
            Deadline deadline = Deadline.in(longest);
            int count = take(length - done, deadline);
            ByteBuffer frame =
                    link.writer().frame(stream, FrameType.STDIN, bytes, offset + done, count);
            link.send(List.of(frame), deadline);
            done += count;
        }
    }

    private int take(int wanted, Deadline deadline) throws IOException, TimeoutException {
        lock.lock();
        try {
            while (credit == 0 && !commandEnded && !closed) {
                if (deadline.nanosLeft() <= 0) {
                    throw new TimeoutException();
                }
                long _ = changed.awaitNanos(deadline.nanosLeft());
            }
            return take(wanted);
        } catch (InterruptedException e) {
            throw Deadline.interrupted("Sending", e);
        } finally {
            lock.unlock();
        }
    }

    /// Ends the input. Can be called again.
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed || commandEnded) {
                return;
            }
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        link.send(link.writer().frame(stream, FrameType.STDIN_END));
    }

    private int take(int wanted) throws IOException {
        lock.lock();
        try {
            int count = Math.min(wanted, awaitCredit());
            credit -= count;
            return count;
        } finally {
            lock.unlock();
        }
    }
}
