package dev.stasis.guest;

import dev.stasis.StasisException;
import java.util.concurrent.CompletableFuture;

/// A connection to a port in the guest that is given up as soon as it is there.
final class PortProbe implements AgentStream {
    private final int id;
    private final CompletableFuture<Boolean> connected = new CompletableFuture<>();

    PortProbe(int id) {
        this.id = id;
    }

    int id() {
        return id;
    }

    /// Whether something took it.
    CompletableFuture<Boolean> connected() {
        return connected;
    }

    /// What the guest says once it is there is of no interest.
    @Override
    public void received(Frame frame) throws ProtocolViolation {
        switch (frame.type()) {
            case CONNECTED -> connected.complete(true);
            case CONNECT_FAILED, ERROR -> connected.complete(false);
            case DATA, DATA_END, CLOSED -> {}
            default -> throw new ProtocolViolation("it answered a connection with " + frame);
        }
    }

    @Override
    public void lost(StasisException reason) {
        connected.completeExceptionally(reason);
    }
}
