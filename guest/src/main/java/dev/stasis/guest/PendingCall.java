package dev.stasis.guest;

import dev.stasis.StasisException;
import java.util.concurrent.CompletableFuture;

/// A request that is answered by one OK or ERROR.
final class PendingCall implements AgentStream {
    private final int id;
    private final CompletableFuture<Frame> answer = new CompletableFuture<>();

    PendingCall(int id) {
        this.id = id;
    }

    int id() {
        return id;
    }

    CompletableFuture<Frame> answer() {
        return answer;
    }

    @Override
    public void received(Frame frame) throws ProtocolViolation {
        boolean allowed = frame.type() == FrameType.OK || frame.type() == FrameType.ERROR;
        if (!allowed || !answer.complete(frame)) {
            throw new ProtocolViolation("it answered a request with " + frame);
        }
    }

    @Override
    public void lost(StasisException reason) {
        answer.completeExceptionally(reason);
    }
}
