package dev.stasis.guest;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// An agent that does what a test tells it to, right or wrong. It has a codec of its own.
final class FakeAgent implements AutoCloseable {
    static final int MAGIC = 0x31535453;

    /// What to do with one connection, of which nothing was read yet.
    interface Script {
        void run(Session session) throws Exception;
    }

    private final Path socket;
    private final ServerSocketChannel server;
    private final Script script;
    private final List<Closeable> sessions = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    FakeAgent(Path socket, Script script) throws IOException {
        this.socket = socket;
        this.script = script;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(this::accept);
    }

    AgentAddress address() {
        return new AgentAddress(socket, socket.resolveSibling("console.log"));
    }

    int connections() {
        return sessions.size();
    }

    void hangUp() throws IOException {
        for (Closeable session : sessions) {
            session.close();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        hangUp();
        Files.deleteIfExists(socket);
        if (!failures.isEmpty()) {
            throw new AssertionError("the fake agent failed", failures.getFirst());
        }
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = server.accept();
                sessions.add(channel);
                Thread.ofVirtual().start(() -> serve(channel));
            }
        } catch (ClosedChannelException e) {
            // the end of the test
        } catch (IOException e) {
            failures.add(e);
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            script.run(new Session(channel));
        } catch (IOException e) {
            // the host hung up
        } catch (Exception | AssertionError e) {
            failures.add(e);
        }
    }

    /// One connection, seen from the agent.
    static final class Session {
        private final DataInputStream in;
        private final OutputStream out;
        private long epoch;

        Session(SocketChannel channel) {
            in = new DataInputStream(Channels.newInputStream(channel));
            out = Channels.newOutputStream(channel);
        }

        long epoch() {
            return epoch;
        }

        /// Takes the filler and HELLO.
        void readHello() throws IOException {
            byte[] filler = in.readNBytes(16_412);
            for (byte b : filler) {
                if (b != 0) {
                    throw new AssertionError("the filler is not zero");
                }
            }
            HostFrame hello = read();
            if (hello.type != 1 || hello.stream != 0 || hello.payload.length != 4) {
                throw new AssertionError("no HELLO: " + hello);
            }
            epoch = hello.epoch;
        }

        /// Takes the filler and HELLO and answers.
        void open() throws IOException {
            readHello();
            welcome();
        }

        void welcome() throws IOException {
            send(0, 2, new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
        }

        HostFrame read() throws IOException {
            byte[] head = in.readNBytes(24);
            if (head.length < 24) {
                throw new EOFException();
            }
            ByteBuffer header = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
            int length = header.getInt(20);
            if (header.getInt(0) != MAGIC || length < 0 || length > 16_384) {
                throw new AssertionError("the host sent a bad header");
            }
            byte[] payload = in.readNBytes(length);
            int trailer = Integer.reverseBytes(in.readInt());
            if (trailer != ~(int) header.getLong(4)) {
                throw new AssertionError("the host sent a bad trailer");
            }
            return new HostFrame(
                    header.getLong(4),
                    header.getInt(12),
                    header.get(16),
                    header.get(17) == 1,
                    payload);
        }

        /// The next whole message of a type; others are skipped.
        HostFrame readMessage(int type) throws IOException {
            var whole = new ByteArrayOutputStream();
            while (true) {
                HostFrame frame = read();
                if (frame.type == type) {
                    whole.write(frame.payload);
                    if (!frame.more) {
                        return new HostFrame(
                                frame.epoch, frame.stream, frame.type, false, whole.toByteArray());
                    }
                }
            }
        }

        /// Reads until the host hangs up.
        void drain() throws IOException {
            in.transferTo(OutputStream.nullOutputStream());
        }

        void send(int stream, int type, byte... payload) throws IOException {
            raw(frame(epoch, stream, type, payload));
        }

        void hangUp() throws IOException {
            out.close();
        }

        void raw(byte[] bytes) throws IOException {
            out.write(bytes);
        }

        void started(int stream, int pid) throws IOException {
            send(stream, 17, ints(pid));
        }

        void exited(int stream, int code) throws IOException {
            send(stream, 23, ints(0, code));
        }
    }

    static byte[] frame(long epoch, int stream, int type, byte... payload) {
        var frame = new byte[28 + payload.length];
        ByteBuffer.wrap(frame)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC)
                .putLong(epoch)
                .putInt(stream)
                .put((byte) type)
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(payload.length)
                .put(payload)
                .putInt(~(int) epoch);
        return frame;
    }

    static byte[] ints(int... values) {
        var bytes = new byte[4 * values.length];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(values);
        return bytes;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record HostFrame(long epoch, int stream, int type, boolean more, byte[] payload) {
        int intAt(int offset) {
            return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
        }
    }
}
