package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class AgentConnectionTest {
    private static final Duration SOON = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path folder;

    private FakeAgent agent(FakeAgent.Script script) throws Exception {
        return new FakeAgent(folder.resolve("lane.1"), script);
    }

    static void assertFails(ErrorCode code, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void silenceEndsTheOpeningAndNamesTheConsoleLog() throws Exception {
        try (var agent = agent(FakeAgent.Session::drain)) {
            assertFails(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "did not answer HELLO within 300 ms: nothing came",
                    () -> AgentConnection.open(agent.address(), SOON));
            assertFails(
                    ErrorCode.DEADLINE_EXCEEDED,
                    folder.resolve("console.log").toString(),
                    () -> AgentConnection.open(agent.address(), SOON));
        }
    }

    @Test
    void anAgentThatLostTheFirstHelloIsAskedAgainWithAnotherEpoch() throws Exception {
        var epochs = new CopyOnWriteArrayList<Long>();
        FakeAgent.Script secondTime =
                s -> {
                    s.readHello();
                    epochs.add(s.epoch());
                    if (epochs.size() > 1) {
                        s.welcome();
                    }
                    s.drain();
                };
        var waits = new AgentConnection.Waits(Duration.ofMillis(100), LONG, LONG, LONG);
        try (var agent = agent(secondTime);
                var connection =
                        AgentConnection.open(agent.address(), LONG, new SecureRandom(), waits)) {
            assertThat(connection.isOpen()).isTrue();
            assertThat(epochs).hasSizeGreaterThan(1).doesNotHaveDuplicates();
        }
    }

    @Test
    void anIdentityComesRightBehindHelloAndAgainWhenThatWasLost() throws Exception {
        var identity = GuestIdentity.builder().hostname("fork").build();
        var heard = new CopyOnWriteArrayList<String>();
        FakeAgent.Script secondTime =
                s -> {
                    s.readHello();
                    var frame = s.read();
                    heard.add(
                            frame.type()
                                    + " "
                                    + Arrays.equals(frame.payload(), FieldList.of(identity)));
                    if (heard.size() > 1) {
                        s.welcome();
                        s.send(frame.stream(), 48, new byte[0]);
                    }
                    s.drain();
                };
        var waits = new AgentConnection.Waits(Duration.ofMillis(500), LONG, LONG, LONG);
        try (var agent = agent(secondTime);
                var connection =
                        AgentConnection.open(
                                agent.address(), identity, LONG, new SecureRandom(), waits)) {
            assertThat(connection.isOpen()).isTrue();
            assertThat(heard).hasSizeGreaterThan(1).containsOnly("34 true");
        }
    }

    @Test
    void anIdentityThatIsRefusedEndsTheConnection() throws Exception {
        FakeAgent.Script refusing =
                s -> {
                    s.readHello();
                    s.welcome();
                    s.send(s.read().stream(), 49, new byte[] {1, 0, 0, 0, 'n', 'o'});
                    s.drain();
                };
        var identity = GuestIdentity.builder().hostname("fork").build();
        try (var agent = agent(refusing)) {
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    "Setting the identity: the agent refused with error 1, no",
                    () -> AgentConnection.open(agent.address(), identity, LONG));
        }
    }

    @Test
    void garbageInsteadOfWelcomeIsCountedAndShown() throws Exception {
        FakeAgent.Script garbage =
                s -> {
                    s.readHello();
                    s.raw("kernel panic".repeat(100).getBytes(StandardCharsets.US_ASCII));
                    s.drain();
                };
        try (var agent = agent(garbage)) {
            assertFails(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "1200 bytes came, beginning with 6b65726e656c",
                    () -> AgentConnection.open(agent.address(), SOON));
        }
    }

    @Test
    void welcomeOfAnOldEpochIsNoWelcome() throws Exception {
        FakeAgent.Script stale =
                s -> {
                    s.readHello();
                    s.raw(
                            FakeAgent.frame(
                                    s.epoch() ^ 1, 0, 2, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}));
                    s.drain();
                };
        try (var agent = agent(stale)) {
            assertFails(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "36 bytes came",
                    () -> AgentConnection.open(agent.address(), SOON));
        }
    }

    @Test
    void agentWithoutACommonVersionIsRefused() throws Exception {
        FakeAgent.Script future =
                s -> {
                    s.readHello();
                    s.send(0, 2, new byte[8]);
                    s.drain();
                };
        try (var agent = agent(future)) {
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    "does not speak version 1",
                    () -> AgentConnection.open(agent.address(), LONG));
        }
    }

    @Test
    void missingSocketIsToldAtOnce() {
        var nowhere = new AgentAddress(folder.resolve("none"), folder.resolve("console.log"));
        assertFails(
                ErrorCode.AGENT_FAILED,
                "is the machine running?",
                () -> AgentConnection.open(nowhere, LONG));
    }

    @Test
    void hangUpBeforeWelcomeIsToldAtOnce() throws Exception {
        try (var agent = agent(FakeAgent.Session::readHello)) {
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    "hung up",
                    () -> AgentConnection.open(agent.address(), LONG));
        }
    }

    @Test
    void epochNeverHasATrailerOfZeros() throws Exception {
        var epochs = new ArrayList<Long>();
        FakeAgent.Script script =
                s -> {
                    s.readHello();
                    epochs.add(s.epoch());
                    s.welcome();
                    s.drain();
                };
        try (var agent = agent(script)) {
            var values = List.of(0x1234_5678_FFFF_FFFFL, 5L).iterator();
            AgentConnection.open(agent.address(), LONG, values::next, AgentConnection.Waits.USUAL)
                    .close();
        }
        assertThat(epochs).containsExactly(5L);
    }

    @Test
    void callsAreAnswered() throws Exception {
        var types = new ArrayList<Integer>();
        FakeAgent.Script script =
                s -> {
                    s.open();
                    while (true) {
                        var request = s.read();
                        types.add(request.type());
                        s.send(
                                request.stream(),
                                48,
                                request.type() == 37 ? request.payload() : new byte[0]);
                    }
                };
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            connection.freeze(Duration.ofSeconds(1));
            connection.identify(GuestIdentity.builder().hostname("a").build());
            connection.thaw();
            connection.sync();
            connection.ping(new byte[16_384]);
            connection.shutdown(Duration.ofMillis(5));
            assertThat(types).containsExactly(32, 34, 33, 35, 37, 36);
        }
    }

    @Test
    void identityIsSentAsFields() throws Exception {
        var sent = new ArrayList<byte[]>();
        FakeAgent.Script script =
                s -> {
                    s.open();
                    var request = s.readMessage(34);
                    sent.add(request.payload());
                    s.send(request.stream(), 48);
                    s.drain();
                };
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            connection.identify(
                    GuestIdentity.builder()
                            .hostname("box")
                            .wallClock(Instant.ofEpochSecond(1, 2))
                            .entropy(new byte[32])
                            .replaceEnv(Map.of("K", "V"))
                            .generation("g1")
                            .build());
        }
        assertThat(new String(sent.getFirst(), StandardCharsets.ISO_8859_1))
                .isEqualTo(
                        "\1\3\0\0\0box"
                                + "\2\10\0\0\0\2\312\232;\0\0\0\0"
                                + "\3 \0\0\0"
                                + "\0".repeat(32)
                                + "\4\3\0\0\0K=V"
                                + "\5\0\0\0\0"
                                + "\6\2\0\0\0g1");
    }

    @Test
    void refusalIsToldWithWhatTheAgentSaidMadePrintable() throws Exception {
        byte[] error = "\5\0\0\0clock\u001b[31m\n".getBytes(StandardCharsets.UTF_8);
        FakeAgent.Script script =
                s -> {
                    s.open();
                    s.send(s.read().stream(), 49, error);
                    s.drain();
                };
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    "Thawing: the agent refused with error 5, clock?[31m?",
                    connection::thaw);
            assertThat(connection.isOpen()).isTrue();
        }
    }

    @Test
    void freezeThatTimedOutInTheGuestIsADeadline() throws Exception {
        FakeAgent.Script script =
                s -> {
                    s.open();
                    s.send(s.read().stream(), 49, FakeAgent.ints(110));
                    s.drain();
                };
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            assertFails(ErrorCode.DEADLINE_EXCEEDED, "Freezing", () -> connection.freeze(SOON));
        }
    }

    @Test
    void answerToWhatWasNeverAskedEndsTheConnection() throws Exception {
        FakeAgent.Script script =
                s -> {
                    s.open();
                    s.send(99, 48);
                    s.drain();
                };
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            assertFails(ErrorCode.AGENT_FAILED, "never opened", connection::thaw);
        }
    }

    @Test
    void answerThatNobodyWaitsForAnyMoreIsDropped() throws Exception {
        FakeAgent.Script doubled =
                s -> {
                    s.open();
                    int first = s.read().stream();
                    s.send(first, 48);
                    s.read();
                    s.send(first, 48);
                    s.send(first + 1, 48);
                    s.drain();
                };
        try (var agent = agent(doubled);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            connection.thaw();
            connection.thaw();
        }
    }

    @Test
    void hangUpFailsAllPendingCallsAtOnce() throws Exception {
        FakeAgent.Script script =
                s -> {
                    s.open();
                    for (int i = 0; i < 20; i++) {
                        s.read();
                    }
                };
        var failed = new CountDownLatch(20);
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            for (int i = 0; i < 20; i++) {
                Thread.ofVirtual()
                        .start(() -> {
                            assertFails(ErrorCode.AGENT_FAILED, "hung up", connection::sync);
                            failed.countDown();
                        });
            }
            failed.await();
            assertThat(connection.isOpen()).isFalse();
            assertFails(ErrorCode.AGENT_FAILED, "hung up", connection::thaw);
        }
    }

    @Test
    void closeFailsPendingCalls() throws Exception {
        var asked = new CountDownLatch(1);
        FakeAgent.Script script =
                s -> {
                    s.open();
                    s.read();
                    asked.countDown();
                    s.drain();
                };
        try (var agent = agent(script)) {
            var connection = AgentConnection.open(agent.address(), LONG);
            Thread.ofVirtual()
                    .start(() -> {
                        awaitQuietly(asked);
                        connection.close();
                    });
            assertFails(ErrorCode.AGENT_FAILED, "was closed", connection::thaw);
            connection.close();
        }
    }

    @Test
    void silenceAmidAFrameEndsInTheCallsDeadlineAndInterruptionLeavesTheConnection()
            throws Exception {
        FakeAgent.Script script =
                s -> {
                    s.open();
                    byte[] frame = FakeAgent.frame(s.epoch(), s.read().stream(), 49, new byte[99]);
                    s.raw(Arrays.copyOf(frame, 60));
                    s.drain();
                };
        try (var agent = agent(script);
                var connection =
                        AgentConnection.open(
                                agent.address(),
                                LONG,
                                new SecureRandom(),
                                new AgentConnection.Waits(LONG, SOON, SOON, SOON))) {
            assertFails(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "Thawing: the agent did not answer within 300 ms",
                    connection::thaw);
            Thread.currentThread().interrupt();
            assertFails(ErrorCode.INTERRUPTED, "Thawing", connection::thaw);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(connection.isOpen()).isTrue();
        }
    }

    @Test
    void oversizedLengthEndsTheConnection() throws Exception {
        FakeAgent.Script script =
                s -> {
                    s.open();
                    byte[] frame = FakeAgent.frame(s.epoch(), s.read().stream(), 48);
                    frame[23] = 0x7F;
                    s.raw(frame);
                    s.drain();
                };
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            assertFails(ErrorCode.AGENT_FAILED, "claims 2130706432 bytes", connection::thaw);
            assertThat(connection.isOpen()).isFalse();
        }
    }

    @Test
    void wrongEchoOfAPingIsToldApart() throws Exception {
        FakeAgent.Script script =
                s -> {
                    s.open();
                    s.send(s.read().stream(), 48, new byte[] {1});
                    s.drain();
                };
        try (var agent = agent(script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            assertFails(ErrorCode.AGENT_FAILED, "other bytes", () -> connection.ping(new byte[2]));
            assertFails(
                    ErrorCode.INVALID_ARGUMENT,
                    "at most 16384",
                    () -> connection.ping(new byte[16_385]));
        }
    }
}
