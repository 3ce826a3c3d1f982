package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The launcher's forwarder against guests that do wrong. Its machine is a program that sleeps.
@Timeout(180)
class ForwarderTest {
    private static final int CREDIT = 3;
    private static final int CONNECT = 96;
    private static final int CONNECTED = 97;
    private static final int CONNECT_FAILED = 98;
    private static final int DATA = 99;
    private static final int DATA_END = 100;
    private static final int CLOSED = 101;
    private static final int RESET = 102;
    private static final int WINDOW = 65_536;
    private static final int LONGEST = 16_384;
    private static final int MILLIS = 60_000;
    private static final byte[] WELCOME = {1, 0, 0, 0, 0, 2, 0, 0}; // feature 9

    @TempDir Path folder;
    private SleepingMachine machine;
    private int port;

    @BeforeEach
    void start() throws IOException {
        machine = new SleepingMachine(folder);
        port = machine.port();
    }

    @AfterEach
    void end() throws Exception {
        machine.close();
    }

    private Path lane() {
        return machine.lane();
    }

    private Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(MILLIS);
        return socket;
    }

    private static FakeAgent.HostFrame opened(FakeAgent.Session guest) throws IOException {
        guest.readHello();
        guest.send(0, 2, WELCOME);
        var asked = guest.read();
        assertThat(asked.type()).isEqualTo(CONNECT);
        assertThat(asked.payload()).isEqualTo(new byte[] {80, 0, 0, 0, 0, 0, 0, 0});
        return asked;
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    /// Whether a client was told that the other side is gone, by an end or a reset.
    private static boolean isOver(Socket client) {
        try {
            return client.getInputStream().readAllBytes().length == 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void bytesGoBothWaysAndEachEndIsPassedOn() throws Exception {
        try (var _ =
                        new FakeAgent(
                                lane(),
                                guest -> {
                                    int stream = opened(guest).stream();
                                    guest.send(stream, CONNECTED, new byte[0]);
                                    var data = guest.read();
                                    assertThat(data.type()).isEqualTo(DATA);
                                    assertThat(data.payload())
                                            .isEqualTo("ask".getBytes(StandardCharsets.UTF_8));
                                    assertThat(guest.read().type()).isEqualTo(DATA_END);
                                    guest.send(
                                            stream,
                                            DATA,
                                            "answer".getBytes(StandardCharsets.UTF_8));
                                    guest.send(stream, DATA_END, new byte[0]);
                                    guest.send(stream, CLOSED, number(0));
                                    guest.read();
                                });
                var client = connect()) {
            client.getOutputStream().write("ask".getBytes(StandardCharsets.UTF_8));
            client.shutdownOutput();
            assertThat(client.getInputStream().readAllBytes())
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo("answer");
        }
    }

    @Test
    void aClientThatDoesNotReadIsNeverOwedMoreThanTheWindow() throws Exception {
        var full = new CountDownLatch(1);
        try (var _ =
                        new FakeAgent(
                                lane(),
                                guest -> {
                                    int stream = opened(guest).stream();
                                    guest.send(stream, CONNECTED, new byte[0]);
                                    long credit = WINDOW;
                                    while (true) { // the client's own buffers are filled as well
                                        int length = (int) Math.min(credit, LONGEST);
                                        if (length > 0) {
                                            guest.send(stream, DATA, new byte[length]);
                                            credit -= length;
                                            continue;
                                        }
                                        full.countDown();
                                        var frame = guest.read();
                                        assertThat(frame.type()).isEqualTo(CREDIT);
                                        credit +=
                                                ByteBuffer.wrap(frame.payload())
                                                        .order(ByteOrder.LITTLE_ENDIAN)
                                                        .getInt(4);
                                    }
                                });
                var client = connect()) {
            full.await();
            long read = 0;
            byte[] bytes = new byte[LONGEST];
            while (read < 64L * WINDOW) { // it goes on when the client does
                read += client.getInputStream().read(bytes);
            }
        }
    }

    @Test
    void aGuestThatSendsMoreThanItMayIsCutOff() throws Exception {
        var reset = new CountDownLatch(1);
        try (var _ =
                        new FakeAgent(
                                lane(),
                                guest -> {
                                    int stream = opened(guest).stream();
                                    guest.send(stream, CONNECTED, new byte[0]);
                                    for (int i = 0; i < 1000; i++) {
                                        guest.send(stream, DATA, new byte[LONGEST]);
                                    }
                                    int type;
                                    do { // before that comes credit for what the client's buffers
                                        // took
                                        type = guest.read().type();
                                    } while (type != RESET);
                                    reset.countDown();
                                    guest.read();
                                });
                var _ = connect()) {
            reset.await();
        }
    }

    @Test
    void aRefusedConnectionAndALostLaneEndTheirClientsAndTheNextOneGetsThrough() throws Exception {
        var next = new int[1];
        try (var _ =
                new FakeAgent(
                        lane(),
                        guest -> {
                            int stream = opened(guest).stream();
                            switch (next[0]++) {
                                case 0 -> { // hangs up
                                }
                                case 1 -> {
                                    guest.send(stream, CONNECT_FAILED, number(111));
                                    stream = guest.read().stream();
                                    guest.send(stream, CONNECTED, new byte[0]);
                                    guest.send(stream, CLOSED, number(0));
                                    guest.read();
                                }
                                default -> throw new AssertionError("a third session");
                            }
                        })) {
            for (int i = 0; i < 3; i++) {
                try (var client = connect()) {
                    assertThat(isOver(client)).isTrue();
                }
            }
        }
    }

    @Test
    void aGuestThatDoesNotAnswerIsAskedAgainAndTheClientWaits() throws Exception {
        var asked = new int[1];
        try (var _ =
                        new FakeAgent(
                                lane(),
                                guest -> {
                                    if (asked[0]++ == 0) {
                                        guest.readHello();
                                        guest.read();
                                    }
                                    int stream = opened(guest).stream();
                                    guest.send(stream, CONNECTED, new byte[0]);
                                    guest.send(stream, DATA, new byte[] {7});
                                    guest.read();
                                });
                var client = connect()) {
            assertThat(client.getInputStream().read()).isEqualTo(7);
        }
    }

    @Test
    void whateverAGuestSendsTheForwarderLives() throws Exception {
        var random = new Random(11);
        int[] types = {
            0, 2, 3, CONNECT, CONNECTED, CONNECT_FAILED, DATA, DATA_END, CLOSED, RESET, 200
        };
        try (var _ =
                new FakeAgent(
                        lane(),
                        guest -> {
                            int stream = opened(guest).stream();
                            for (int i = 0; i < 200; i++) {
                                byte[] payload =
                                        new byte
                                                [random.nextInt(3) == 0
                                                        ? random.nextInt(LONGEST)
                                                        : random.nextInt(9)];
                                random.nextBytes(payload);
                                guest.send(
                                        random.nextInt(stream + 2),
                                        types[random.nextInt(types.length)],
                                        payload);
                            }
                        })) {
            for (int i = 0; i < 40; i++) {
                try (var client = connect()) {
                    client.getOutputStream().write(new byte[random.nextInt(9)]);
                    client.shutdownOutput();
                    byte[] some = new byte[LONGEST];
                    while (client.getInputStream().read(some) > 0) {
                        Arrays.fill(some, (byte) 0);
                    }
                } catch (IOException e) {
                    assertThat(e).hasMessageMatching("(?i).*(reset|broken|closed).*");
                }
            }
            assertThat(machine.launcher().isAlive()).isTrue();
            try (var client = connect()) {
                assertThat(client.isConnected()).isTrue();
            }
        }
    }
}
