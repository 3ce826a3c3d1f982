package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Takes what a file server writes apart into replies. It never waits, and keeps no more than was
/// asked for: what is longer than its request allows is refused before there is room made for it.
final class FileReplies implements OutputSink {
    private static final int HEADER_BYTES = 8;

    private final ArrayDeque<FileReply<?>> expected = new ArrayDeque<>(); // guarded by this
    private @Nullable StasisException end; // guarded by this
    private final ByteBuffer header =
            ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private byte @Nullable [] body;
    private int filled;

    /// The reply to the next request.
    synchronized void expect(FileReply<?> reply) {
        if (end != null) {
            reply.fail(end);
        } else {
            expected.add(reply);
        }
    }

    /// No more replies come; the first reason counts.
    synchronized void end(StasisException reason) {
        if (end == null) {
            end = reason;
            expected.forEach(r -> r.fail(reason));
            expected.clear();
        }
    }

    /// Whether none is awaited, and more may come.
    synchronized boolean isIdle() {
        return end == null && expected.isEmpty();
    }

    /// Why none come any more.
    ///
    /// @param found how that was found out
    synchronized StasisException reason(Exception found) {
        return end != null
                ? new StasisException(end.code(), String.valueOf(end.getMessage()), end)
                : new StasisException(
                        ErrorCode.AGENT_FAILED, "The guest's file server has ended", found);
    }

    @Override
    public boolean mayBlock() {
        return false;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        ByteBuffer from = ByteBuffer.wrap(bytes, offset, length);
        while (from.hasRemaining()) {
            byte[] open = body;
            if (open == null) {
                takeHeader(from);
            } else {
                int count = Math.min(from.remaining(), open.length - filled);
                from.get(open, filled, count);
                filled += count;
                finish(open);
            }
        }
    }

    private void takeHeader(ByteBuffer from) {
        while (header.hasRemaining() && from.hasRemaining()) {
            header.put(from.get());
        }
        if (header.hasRemaining()) {
            return;
        }
        long length = Integer.toUnsignedLong(header.getInt(0)) - Integer.BYTES;
        FileReply<?> next = peek();
        if (next == null || length < 0 || length > next.limit()) {
            throw new StasisException(
                    ErrorCode.AGENT_FAILED,
                    "The guest's file server answered with "
                            + length
                            + " bytes, but "
                            + (next == null
                                    ? "nothing was asked for"
                                    : "at most " + next.limit() + " were asked for"));
        }
        byte[] fresh = new byte[(int) length];
        body = fresh;
        filled = 0;
        finish(fresh);
    }

    private synchronized @Nullable FileReply<?> peek() {
        return expected.peek();
    }

    private void finish(byte[] whole) {
        if (filled < whole.length) {
            return;
        }
        FileReply<?> reply;
        synchronized (this) {
            reply = expected.poll();
        }
        int errno = header.getInt(Integer.BYTES);
        header.clear();
        body = null;
        if (reply != null) {
            reply.complete(new FileReply.Answer(errno, whole));
        }
    }
}
