package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A file server in a guest, as its host sees it: a command whose input are requests and whose
/// output are their replies, in the same order. Knows nothing of what is asked for.
///
/// Used by one thread at a time. Requests are collected, and sent by {@link #flush()} at the
/// latest.
final class FileServer implements AutoCloseable {
    /// The most bytes that go either way with one request.
    static final int MAX_CHUNK_BYTES = 262_144;

    private static final int BUFFER_BYTES = 16_384;

    private final RunningCommand command;
    private final StdinChannel requests;
    private final FileReplies replies;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;

    private FileServer(RunningCommand command, FileReplies replies) {
        this.command = command;
        this.requests = command.stdinChannel();
        this.replies = replies;
    }

    /// Starts one; see {@link FileSession#open}.
    static FileServer start(AgentConnection connection, @Nullable String user) {
        connection.require(Feature.FILES);
        var replies = new FileReplies();
        var sinks = new OutputSinks(replies, OutputSink.discard());
        RunningCommand command =
                switch (connection.startFiles(user, sinks)) {
                    case RunningCommand running -> running;
                    case CommandNotStarted not -> throw notStarted(not, user);
                };
        command.onEnd(replies::end);
        return new FileServer(command, replies);
    }

    private static StasisException notStarted(CommandNotStarted not, @Nullable String user) {
        ErrorCode code =
                switch (not.step()) {
                    case USER -> ErrorCode.INVALID_ARGUMENT;
                    case FROZEN -> ErrorCode.WRONG_STATE;
                    default -> ErrorCode.AGENT_FAILED;
                };
        return new StasisException(
                code,
                "No file can be used in the sandbox"
                        + (user == null ? "" : " as user " + user)
                        + ": "
                        + not.reason());
    }

    /// Whether it waits for requests and all are answered.
    boolean isIdle() {
        return buffered == 0 && replies.isIdle();
    }

    /// Lets it end.
    @Override
    public void close() {
        requests.close();
    }

    /// Ends it whatever it does.
    void kill() {
        replies.end(
                new StasisException(ErrorCode.AGENT_FAILED, "The guest's file server was killed"));
        command.kill();
    }

    /// Asks for something.
    ///
    /// @param what what is asked for, such as `read /etc/passwd`
    /// @param replyLimit the most bytes that may be answered
    /// @param head the request
    /// @param more what follows it
    /// @param reader reads the reply
    <T> FileReply<T> send(
            String what,
            int replyLimit,
            byte[] head,
            ByteBuffer more,
            Function<ByteBuffer, T> reader) {
        if (more.remaining() > MAX_CHUNK_BYTES || replyLimit > MAX_CHUNK_BYTES) {
            throw new IllegalArgumentException("more than " + MAX_CHUNK_BYTES + " bytes at once");
        }
        var reply = new FileReply<>(this, what, replyLimit, reader);
        replies.expect(reply);
        put(FrameWriter.payload(Integer.BYTES, b -> b.putInt(head.length + more.remaining())));
        put(head);
        put(more);
        return reply;
    }

    private void put(byte[] bytes) {
        put(ByteBuffer.wrap(bytes));
    }

    private void put(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            if (buffered == BUFFER_BYTES) {
                flush();
            }
            int count = Math.min(bytes.remaining(), BUFFER_BYTES - buffered);
            bytes.get(buffer, buffered, count);
            buffered += count;
        }
    }

    /// Sends what was asked for; see {@link FileSession#flush}.
    void flush() {
        int count = buffered;
        buffered = 0;
        if (count == 0) {
            return;
        }
        try {
            requests.write(buffer, 0, count, FileReply.LONGEST);
        } catch (IOException e) {
            throw replies.reason(e);
        } catch (TimeoutException e) {
            throw silent("send requests for files", FileReply.LONGEST);
        }
    }

    /// Kills it, since what it answered can't be.
    StasisException broken(String how, Exception cause) {
        kill();
        return new StasisException(
                ErrorCode.AGENT_FAILED, "The guest's file server was killed: " + how, cause);
    }

    /// Kills it, since it answered nothing.
    StasisException silent(String what, Duration longest) {
        kill();
        return new StasisException(
                ErrorCode.DEADLINE_EXCEEDED,
                "Can't "
                        + GuestText.printable(what)
                        + " in the sandbox: its file server did nothing for "
                        + Deadline.text(longest)
                        + " and was killed; is the sandbox paused?");
    }
}
