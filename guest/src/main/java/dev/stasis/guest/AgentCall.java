package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/// A request that an agent was sent, and answers with one OK or ERROR. Thread-safe.
public final class AgentCall {
    private static final int ETIMEDOUT = 110;

    private final Link link;
    private final String what;
    private final Deadline deadline;
    private final PendingCall pending;

    private AgentCall(Link link, String what, Deadline deadline, PendingCall pending) {
        this.link = link;
        this.what = what;
        this.deadline = deadline;
        this.pending = pending;
    }

    /// Sends one.
    ///
    /// @param what what messages call it
    /// @param longest how long the agent has for its answer, from now on
    static AgentCall send(
            Link link, String what, FrameType type, byte[] request, Duration longest) {
        var deadline = Deadline.in(longest);
        var pending = link.register(PendingCall::new);
        boolean sent = false;
        try {
            link.send(link.writer().message(pending.id(), type, request), deadline);
            sent = true;
            return new AgentCall(link, what, deadline, pending);
        } catch (TimeoutException e) {
            throw noAnswer(link, what, deadline);
        } catch (StasisException e) {
            throw during(what, e);
        } finally {
            if (!sent) {
                link.forget(pending.id());
            }
        }
    }

    /// Waits for the answer.
    ///
    /// @return what it says
    /// @throws StasisException with {@link ErrorCode#AGENT_FAILED} when the connection ends or the
    ///   agent refuses, with {@link ErrorCode#DEADLINE_EXCEEDED} when it does not answer in time,
    ///   or with {@link ErrorCode#INTERRUPTED}
    public byte[] await() {
        Frame answer;
        try {
            answer = deadline.await(pending.answer(), what);
        } catch (TimeoutException e) {
            throw noAnswer(link, what, deadline);
        } catch (StasisException e) {
            throw during(what, e);
        } finally {
            link.forget(pending.id());
        }
        if (answer.type() == FrameType.OK) {
            return answer.payload();
        }
        throw refused(answer.payload());
    }

    private StasisException refused(byte[] payload) {
        int errno =
                payload.length < Integer.BYTES
                        ? 0
                        : ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt();
        return new StasisException(
                errno == ETIMEDOUT ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.AGENT_FAILED,
                link.address()
                        .error(
                                what
                                        + ": the agent refused with error "
                                        + errno
                                        + ", "
                                        + GuestText.printable(payload, Integer.BYTES)));
    }

    /// The end of the connection is one exception that all calls share: each throws its own.
    static StasisException during(String what, StasisException e) {
        return e.code() == ErrorCode.INTERRUPTED
                ? e
                : new StasisException(e.code(), what + ": " + e.getMessage(), e.getCause());
    }

    static StasisException noAnswer(Link link, String what, Deadline deadline) {
        return new StasisException(
                ErrorCode.DEADLINE_EXCEEDED,
                link.address().error(what + ": the agent did not answer within " + deadline));
    }
}
