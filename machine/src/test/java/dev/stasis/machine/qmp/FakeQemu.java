package dev.stasis.machine.qmp;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import tools.jackson.jr.ob.JSON;

/// A monitor written by hand that does what a test says. It serves one client.
final class FakeQemu implements AutoCloseable {
    static final String GREETING =
            "{\"QMP\":{\"version\":{\"qemu\":{\"major\":9,\"minor\":1,\"micro\":2},\"package\":\"\"}}}";

    private final ServerSocketChannel server;
    private final Path socket;

    /// What it does with its client.
    interface Behaviour {
        /// Talks to the client until it returns; then the connection is closed.
        void serve(Client client) throws IOException;
    }

    FakeQemu(Path folder, Behaviour behaviour) throws IOException {
        socket = folder.resolve("qmp");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofPlatform().daemon().start(() -> run(behaviour));
    }

    Path socket() {
        return socket;
    }

    private void run(Behaviour behaviour) {
        try (var channel = server.accept()) {
            behaviour.serve(new Client(channel));
        } catch (IOException e) {
            System.getLogger("fake").log(System.Logger.Level.DEBUG, "the client is gone", e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /// The client as the fake sees it.
    static final class Client {
        private final SocketChannel channel;
        private final BufferedReader reader;

        Client(SocketChannel channel) {
            this.channel = channel;
            this.reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        }

        void say(String text) throws IOException {
            var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        void line(String text) throws IOException {
            say(text + "\r\n");
        }

        /// The number of the next command, which must be the one named.
        long next(String command) throws IOException {
            var line = reader.readLine();
            if (line == null) {
                throw new IOException("the client has closed");
            }
            var message = JSON.std.mapFrom(line);
            if (!command.equals(message.get("execute"))) {
                throw new AssertionError("expected " + command + ", not " + line);
            }
            if (!(message.get("id") instanceof Number id)) {
                throw new AssertionError("a command without a number: " + line);
            }
            return id.longValue();
        }

        /// Gets through the greeting.
        void greet() throws IOException {
            line(GREETING);
            answer(next("qmp_capabilities"), "{}");
        }

        void answer(long id, String json) throws IOException {
            line("{\"return\":" + json + ",\"id\":" + id + "}");
        }

        /// Waits until the client closes.
        void silence() throws IOException {
            while (reader.readLine() != null) {
                // goes on
            }
        }
    }
}
