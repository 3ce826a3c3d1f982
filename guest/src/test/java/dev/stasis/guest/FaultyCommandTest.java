package dev.stasis.guest;

import static dev.stasis.guest.AgentConnectionTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.CommandEnd.Exited;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What agents, sinks and inputs may do wrong.
@Timeout(180)
class FaultyCommandTest extends CommandFixture {
    @Test
    void outputBeyondTheLimitKillsTheCommandAndNamesTheLimit() throws Exception {
        with(
                new EmittingAgent(),
                connection -> {
                    RunningCommand command =
                            start(connection, emit(10_000_000, 0, 0), buffers(1 << 20));
                    assertFails(
                            ErrorCode.OUTPUT_TOO_LARGE,
                            "more than 1M to stdout",
                            () -> command.awaitExit(LONG));
                    assertThat(runOne(connection, 5)).isEqualTo(new Exited(5));
                });
    }

    @Test
    void sinkThatThrowsKillsItsCommandOnly() throws Exception {
        OutputSink broken =
                (_, _, _) -> {
                    throw new IOException("no space");
                };
        with(
                new EmittingAgent(),
                connection -> {
                    RunningCommand command =
                            start(
                                    connection,
                                    emit(0, 5_000_000, 0),
                                    new OutputSinks(OutputSink.discard(), broken));
                    assertThatThrownBy(() -> command.awaitExit(LONG))
                            .hasMessageContaining("standard error failed: the command was killed")
                            .hasRootCauseMessage("no space");
                    assertThat(runOne(connection, 5)).isEqualTo(new Exited(5));
                });
    }

    @Test
    void failureIsToldEvenIfTheKilledCommandNeverEnds() throws Exception {
        with(
                started((s, stream) -> s.send(stream, 21, new byte[10])),
                connection ->
                        assertFails(
                                ErrorCode.OUTPUT_TOO_LARGE,
                                "more than 9B",
                                () ->
                                        start(connection, Command.of("x"), buffers(9))
                                                .awaitExit(LONG)));
    }

    @Test
    void outputBeyondTheCreditEndsTheConnection() throws Exception {
        var gate = new CountDownLatch(1);
        OutputSink stuck = (_, _, _) -> awaitQuietly(gate);
        with(
                started((s, stream) -> {
                    for (int i = 0; i < 5; i++) {
                        s.send(stream, 21, new byte[16_384]);
                    }
                }),
                connection -> {
                    RunningCommand command =
                            start(
                                    connection,
                                    Command.of("x"),
                                    new OutputSinks(stuck, OutputSink.discard()));
                    assertFails(
                            ErrorCode.AGENT_FAILED,
                            "16384 bytes of output with a credit of 0",
                            () -> command.awaitExit(LONG));
                    assertThat(connection.isOpen()).isFalse();
                    gate.countDown();
                });
    }

    @Test
    void framesThatDoNotFitTheCommandEndTheConnection() throws Exception {
        assertEnds((s, n) -> s.started(n, 1), "a running command sent STARTED");
        assertEnds((s, n) -> s.send(n, 23, FakeAgent.ints(0, 256)), "EXITED of kind 0");
        assertEnds((s, n) -> s.send(n, 23, FakeAgent.ints(1, 65)), "EXITED of kind 1");
        assertEnds((s, n) -> s.send(n, 23, FakeAgent.ints(2, 0)), "EXITED of kind 2");
        assertEnds((s, n) -> s.send(n, 23, new byte[3]), "wrong length");
        assertEnds((s, n) -> s.send(n, 3, FakeAgent.ints(0, -1)), "credit for 4294967295");
        assertEnds((s, n) -> s.send(n, 3, FakeAgent.ints(1, 1)), "credit for channel 1");
        assertEnds((s, n) -> s.send(n, 48), "a command sent OK");
        assertEnds((s, n) -> s.send(n, 49, FakeAgent.ints(71)), "refused a frame of a command");
        assertEnds((s, n) -> s.send(0, 49, FakeAgent.ints(71)), "refused a frame");
        assertEnds((s, n) -> s.send(n + 1, 21, new byte[1]), "never opened");
        assertEnds((s, n) -> s.send(0, 2, new byte[8]), "never opened");
    }

    @Test
    void hangUpAtEachStepIsToldAtOnce() throws Exception {
        FakeAgent.Script beforeStart =
                s -> {
                    s.open();
                    s.readMessage(16);
                };
        with(
                beforeStart,
                connection ->
                        assertFails(
                                ErrorCode.AGENT_FAILED,
                                "Starting x: The agent hung up",
                                () -> connection.start(Command.of("x"), buffers(9))));
        FakeAgent.Script afterOutput =
                s -> {
                    s.open();
                    int stream = s.readMessage(16).stream();
                    s.started(stream, 42);
                    s.send(stream, 21, new byte[3]);
                };
        with(
                afterOutput,
                connection -> {
                    RunningCommand command = start(connection, Command.of("x"), buffers(9));
                    assertThat(command.pid()).isEqualTo(42);
                    assertFails(ErrorCode.AGENT_FAILED, "hung up", () -> command.awaitExit(LONG));
                    command.kill();
                });
    }

    @Test
    void inputThatFailsKillsTheCommand() throws Exception {
        InputStream broken =
                new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("bad sector");
                    }

                    @Override
                    public int read(byte[] bytes, int offset, int length) throws IOException {
                        return read();
                    }
                };
        FakeAgent.Script untilKilled =
                started((s, stream) ->
                        s.send(stream, 23, FakeAgent.ints(1, s.readMessage(24).intAt(0))));
        Command command = Command.of("cat").withStdin(Stdin.from(broken));
        with(
                untilKilled,
                connection ->
                        assertThatThrownBy(() ->
                                        start(connection, command, buffers(1)).awaitExit(LONG))
                                .hasMessageContaining("standard input failed")
                                .hasRootCauseMessage("bad sector"));
    }

    @Test
    void killIsSentThoughTheConnectionIsClosedAtOnce() throws Exception {
        var killed = new CountDownLatch(1);
        with(
                started((s, stream) -> {
                    if (s.readMessage(24).stream() == stream) {
                        killed.countDown();
                    }
                }),
                connection -> {
                    start(connection, Command.of("x"), buffers(1)).kill();
                    connection.close();
                    killed.await();
                });
    }

    @Test
    void startThatIsNotAnsweredIsKilled() throws Exception {
        var killed = new CountDownLatch(1);
        FakeAgent.Script script =
                s -> {
                    s.open();
                    int stream = s.readMessage(16).stream();
                    if (s.readMessage(24).stream() == stream) {
                        killed.countDown();
                    }
                    s.drain();
                };
        try (var agent = new FakeAgent(folder.resolve("lane.1"), script);
                var connection =
                        AgentConnection.open(
                                agent.address(),
                                LONG,
                                new java.security.SecureRandom(),
                                new AgentConnection.Waits(LONG, SOON, SOON, SOON))) {
            assertFails(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "Starting x: the agent did not answer within 200 ms",
                    () -> connection.start(Command.of("x"), buffers(1)));
            killed.await();
        }
    }

    private void assertEnds(Started then, String message) throws Exception {
        with(
                started(then),
                connection ->
                        assertFails(
                                ErrorCode.AGENT_FAILED,
                                message,
                                () ->
                                        start(connection, Command.of("x"), buffers(9))
                                                .awaitExit(LONG)));
    }

    @Test
    void anyFramesEndInAnOutcomeOrAnErrorInTime() throws Exception {
        for (int seed = 0; seed < 60; seed++) {
            var random = new Random(seed);
            with(
                    started((s, stream) -> sendAnything(s, stream, random)),
                    connection -> {
                        Command command = Command.of("x").withStdin(Stdin.of(new byte[100_000]));
                        try {
                            StartOutcome outcome = connection.start(command, buffers(1 << 20));
                            CommandEnd end = ((RunningCommand) outcome).awaitExit(LONG);
                            assertThat(end).isNotInstanceOf(CommandEnd.StillRunning.class);
                        } catch (StasisException e) {
                            assertThat(e.code())
                                    .isIn(ErrorCode.AGENT_FAILED, ErrorCode.OUTPUT_TOO_LARGE);
                        }
                    });
        }
    }

    /// Frames that are mostly allowed, and then the end.
    private static void sendAnything(FakeAgent.Session session, int stream, Random random)
            throws IOException {
        int[] types = {3, 21, 22, 23, 21, 22, 21, 22, 49};
        for (int i = 0; i < 20; i++) {
            int type = random.nextInt(10) == 0 ? random.nextInt(256) : types[random.nextInt(9)];
            var payload = new byte[random.nextBoolean() ? 8 : random.nextInt(16_385)];
            if (type != 3 && type != 23) {
                random.nextBytes(payload);
            }
            int target = random.nextInt(20) == 0 ? random.nextInt() : stream;
            byte[] frame = FakeAgent.frame(session.epoch(), target, type, payload);
            if (random.nextInt(30) == 0) {
                frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
            }
            session.raw(frame);
        }
        session.hangUp();
    }
}
