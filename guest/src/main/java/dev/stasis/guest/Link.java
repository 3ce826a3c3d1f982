package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// A socket to the agent with its two threads: one reads frames and hands them to their streams,
/// one writes what is in the outbox. Only they touch the channel; it is closed to end them, and
/// neither is ever interrupted.
final class Link {
    private static final int VERSION = 1;

    private final AgentAddress address;
    private final SocketChannel channel;
    private final FrameWriter writer;
    private final FrameReader reader;
    private final Outbox outbox = new Outbox();
    private final CompletableFuture<Integer> welcome = new CompletableFuture<>();
    private final ConcurrentHashMap<Integer, AgentStream> streams = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable StasisException> end = new AtomicReference<>();
    private int lastStream; // guarded by streams

    private Link(AgentAddress address, SocketChannel channel, long epoch) {
        this.address = address;
        this.channel = channel;
        this.writer = new FrameWriter(epoch);
        this.reader = new FrameReader(channel, epoch);
    }

    /// Begins to connect. What is sent from now on comes behind HELLO, and is heard by an agent
    /// that answers it with WELCOME.
    static Link open(AgentAddress address, long epoch) {
        SocketChannel channel;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, "A unix socket can't be made", e);
        }
        var link = new Link(address, channel, epoch);
        link.outbox.put(link.writer.opening());
        Thread.ofVirtual().name("agent-reader " + address.socket()).start(link::read);
        return link;
    }

    /// Waits for the agent's WELCOME. A link that gets none has ended.
    void awaitWelcome(Deadline deadline) {
        try {
            int version = deadline.await(welcome, "Waiting for the agent's WELCOME");
            if (version != VERSION) {
                throw new StasisException(
                        ErrorCode.AGENT_FAILED,
                        address.error("The agent does not speak version 1 of the protocol"));
            }
        } catch (TimeoutException e) {
            StasisException silent = noWelcome(deadline);
            end(silent);
            throw silent;
        } catch (StasisException e) {
            end(e);
            throw e;
        }
    }

    AgentAddress address() {
        return address;
    }

    FrameWriter writer() {
        return writer;
    }

    /// Whether the agent can do this.
    boolean has(Feature feature) {
        return feature.isIn(reader.features());
    }

    boolean isOpen() {
        return end.get() == null;
    }

    /// Makes a stream with a number of its own. It is told of the end of the connection, once, even
    /// if that came first.
    <S extends AgentStream> S register(IntFunction<S> maker) {
        S stream;
        synchronized (streams) {
            if (lastStream == Integer.MAX_VALUE) {
                throw new StasisException(
                        ErrorCode.INTERNAL,
                        address.error("A connection has no stream numbers left"));
            }
            stream = maker.apply(++lastStream);
            streams.put(lastStream, stream);
        }
        if (!isOpen()) {
            endStreams();
        }
        return stream;
    }

    /// What still comes for the stream is dropped from now on.
    void forget(int id) {
        streams.remove(id);
    }

    /// Queues frames in their order.
    ///
    /// @throws TimeoutException when there was no room for one of them before the deadline
    void send(Iterable<ByteBuffer> frames, Deadline deadline) throws TimeoutException {
        for (ByteBuffer frame : frames) {
            if (!outbox.put(frame, deadline)) {
                throw new TimeoutException();
            }
        }
    }

    /// Queues a frame; waits for room for as long as the connection lives, and drops the frame
    /// after that. Never called on the reader's thread.
    void send(ByteBuffer frame) {
        outbox.put(frame);
    }

    /// Waits until what was queued is sent, the connection has ended, or the deadline has passed.
    void flush(Deadline deadline) {
        outbox.flush(deadline);
    }

    /// Ends the connection; the first reason counts.
    void end(StasisException reason) {
        if (!end.compareAndSet(null, reason)) {
            return;
        }
        outbox.close();
        closeChannel();
        welcome.completeExceptionally(reason);
        endStreams();
    }

    private void endStreams() {
        StasisException reason = end.get();
        if (reason == null) {
            return;
        }
        for (Integer id : streams.keySet()) {
            AgentStream stream = streams.remove(id);
            if (stream != null) {
                stream.lost(reason);
            }
        }
    }

    private void read() {
        try {
            channel.connect(UnixDomainSocketAddress.of(address.socket()));
        } catch (IOException | IllegalArgumentException e) {
            end(failure("The agent can't be connected to: is the machine running?", e));
            return;
        }
        Thread.ofVirtual().name("agent-writer " + address.socket()).start(this::write);
        try {
            welcome.complete(reader.awaitWelcome());
            while (isOpen()) {
                dispatch(reader.next());
            }
        } catch (EOFException e) {
            end(failure("The agent hung up: did the machine end? Before, " + reader.seen(), null));
        } catch (ProtocolViolation e) {
            end(failure("The agent broke the protocol: " + e.getMessage(), null));
        } catch (IOException e) {
            end(failure("The connection to the agent failed: did the machine end?", e));
        } catch (RuntimeException e) {
            end(
                    new StasisException(
                            ErrorCode.INTERNAL, address.error("Reading from the agent failed"), e));
        }
    }

    private void dispatch(Frame frame) throws ProtocolViolation {
        AgentStream stream = streams.get(frame.stream());
        if (stream != null) {
            stream.received(frame);
        } else if (frame.stream() == 0 && frame.type() == FrameType.ERROR) {
            throw new ProtocolViolation(
                    "it refused a frame: " + GuestText.printable(frame.payload(), 4));
        } else if (!wasGiven(frame.stream())) {
            throw new ProtocolViolation("a frame of a stream that was never opened: " + frame);
        }
    }

    private boolean wasGiven(int id) {
        synchronized (streams) {
            return id > 0 && id <= lastStream;
        }
    }

    private void write() {
        try {
            for (ByteBuffer frame = outbox.take(); frame != null; frame = outbox.take()) {
                while (frame.hasRemaining()) {
                    channel.write(frame);
                }
            }
        } catch (IOException e) {
            end(failure("Writing to the agent failed: did the machine end?", e));
        }
    }

    private StasisException noWelcome(Deadline deadline) {
        return new StasisException(
                ErrorCode.DEADLINE_EXCEEDED,
                address.error(
                        "The agent did not answer HELLO within "
                                + deadline
                                + ": "
                                + reader.seen()));
    }

    private StasisException failure(String what, @Nullable Exception cause) {
        return new StasisException(ErrorCode.AGENT_FAILED, address.error(what), cause);
    }

    private void closeChannel() {
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger(Link.class.getName())
                    .log(System.Logger.Level.DEBUG, "closing " + address.socket(), e);
        }
    }
}
