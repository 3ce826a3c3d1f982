package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/// The reply to a request for a guest's files, which may not have come yet. Replies come in the
/// order of the requests. Used by the thread that uses the session.
///
/// @param <T> what it holds
public final class FileReply<T> {
    static final Duration LONGEST = Duration.ofMinutes(2);

    private final FileServer server;
    private final String what;
    private final int limit;
    private final Function<ByteBuffer, T> reader;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();

    /// @param what what was asked for, such as `read /etc/passwd`
    /// @param limit the most bytes that may be answered
    /// @param reader reads them all; throws IllegalArgumentException when they can't be true
    FileReply(FileServer server, String what, int limit, Function<ByteBuffer, T> reader) {
        this.server = server;
        this.what = what;
        this.limit = limit;
        this.reader = reader;
    }

    int limit() {
        return limit;
    }

    String what() {
        return what;
    }

    void complete(Answer came) {
        answer.complete(came);
    }

    void fail(StasisException reason) {
        answer.completeExceptionally(reason);
    }

    /// Whether it has come, so that {@link #await()} would not wait.
    public boolean isThere() {
        return answer.isDone();
    }

    /// Waits for it.
    ///
    /// @throws StasisException with the code that the guest's error number stands for, or with
    ///   {@link ErrorCode#AGENT_FAILED} or {@link ErrorCode#DEADLINE_EXCEEDED}, after which the
    ///   session can't be used any more
    public T await() {
        int errno = awaitError();
        if (errno != 0) {
            throw FileError.of(errno, what);
        }
        ByteBuffer body = ByteBuffer.wrap(answer.join().body()).order(ByteOrder.LITTLE_ENDIAN);
        try {
            T result = reader.apply(body);
            if (body.hasRemaining()) {
                throw new IllegalArgumentException(body.remaining() + " bytes too many");
            }
            return result;
        } catch (IllegalArgumentException | java.nio.BufferUnderflowException e) {
            throw server.broken(
                    "its answer to '" + GuestText.printable(what) + "' can't be true", e);
        }
    }

    /// Waits for it and tells the guest's error number, 0 for success. Throws as {@link #await()}
    /// does when there is no answer.
    public int awaitError() {
        if (!answer.isDone()) { // else what was collected since can wait for more
            server.flush();
        }
        Deadline deadline = Deadline.in(LONGEST);
        try {
            return deadline.await(answer, what).errno();
        } catch (TimeoutException e) {
            throw server.silent(what, LONGEST);
        }
    }

    /// Reads a length and that many bytes.
    static byte[] text(ByteBuffer from, int most) {
        int length = Short.toUnsignedInt(from.getShort());
        if (length > most || length > from.remaining()) {
            throw new IllegalArgumentException("a text of " + length + " bytes");
        }
        var text = new byte[length];
        from.get(text);
        return text;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(int errno, byte[] body) {}
}
