package dev.stasis.guest;

import static dev.stasis.guest.AgentConnectionTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.guest.CommandEnd.Exited;
import dev.stasis.guest.CommandEnd.Signaled;
import dev.stasis.guest.CommandEnd.StillRunning;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CommandTest {
    private static final Duration SOON = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir Path folder;

    private interface Body {
        void run(AgentConnection connection) throws Exception;
    }

    private void with(FakeAgent.Script script, Body body) throws Exception {
        try (var agent = new FakeAgent(folder.resolve("lane.1"), script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            body.run(connection);
        }
    }

    /// A script that answers EXEC with STARTED and goes on with the stream's number.
    private interface Started {
        void run(FakeAgent.Session session, int stream) throws Exception;
    }

    private static FakeAgent.Script started(Started then) {
        return s -> {
            s.open();
            int stream = s.readMessage(16).stream();
            s.started(stream, 42);
            then.run(s, stream);
            s.drain();
        };
    }

    private static RunningCommand start(
            AgentConnection connection, Command command, OutputSinks sinks) {
        return switch (connection.start(command, sinks)) {
            case RunningCommand running -> running;
            case CommandNotStarted not -> throw new AssertionError(not);
        };
    }

    private static OutputSinks buffers(long limit) {
        return new OutputSinks(
                new OutputBuffer("stdout", new ByteSize(limit)),
                new OutputBuffer("stderr", new ByteSize(limit)));
    }

    private static void assertEmitted(OutputSink sink, int channel, int size) {
        byte[] bytes = ((OutputBuffer) sink).bytes();
        assertThat(bytes).hasSize(size);
        for (int i = 0; i < size; i++) {
            if (bytes[i] != EmittingAgent.byteAt(channel, i)) {
                throw new AssertionError("byte " + i + " of channel " + channel + " is wrong");
            }
        }
    }

    private static Command emit(int out, int err, int code) {
        return Command.of("emit", "" + out, "" + err, "" + code);
    }

    @Test
    void outputsComeWholeAndApart() throws Exception {
        with(
                new EmittingAgent(),
                connection -> {
                    OutputSinks sinks = buffers(2_000_000);
                    RunningCommand command = start(connection, emit(1_000_000, 300_001, 7), sinks);
                    assertThat(command.awaitExit(LONG)).isEqualTo(new Exited(7));
                    assertThat(command.awaitExit(LONG)).isEqualTo(new Exited(7));
                    assertEmitted(sinks.stdout(), 1, 1_000_000);
                    assertEmitted(sinks.stderr(), 2, 300_001);
                });
    }

    @Test
    void hundredCommandsShareAConnection() throws Exception {
        with(
                new EmittingAgent(),
                connection -> {
                    var ends = new ArrayList<Future<CommandEnd>>();
                    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                        for (int i = 0; i < 100; i++) {
                            int number = i;
                            ends.add(threads.submit(() -> runOne(connection, number)));
                        }
                    }
                    for (int i = 0; i < 100; i++) {
                        assertThat(ends.get(i).get()).isEqualTo(new Exited(i));
                    }
                });
    }

    private static CommandEnd runOne(AgentConnection connection, int number) {
        OutputSinks sinks = buffers(400_000);
        RunningCommand command =
                start(connection, emit(number * 3000, number * 1001, number), sinks);
        CommandEnd end = command.awaitExit(LONG);
        assertEmitted(sinks.stdout(), 1, number * 3000);
        assertEmitted(sinks.stderr(), 2, number * 1001);
        return end;
    }

    @Test
    void slowSinkHoldsUpOnlyItsStreamAndBoundsWhatIsSent() throws Exception {
        var gate = new CountDownLatch(1);
        var taken = new AtomicLong();
        OutputSink stuck =
                (_, _, length) -> {
                    awaitQuietly(gate);
                    taken.addAndGet(length);
                };
        with(
                new EmittingAgent(),
                connection -> {
                    RunningCommand slow =
                            start(
                                    connection,
                                    emit(500_000, 0, 0),
                                    new OutputSinks(stuck, OutputSink.discard()));
                    for (int i = 0; i < 5; i++) {
                        assertThat(runOne(connection, 90)).isEqualTo(new Exited(90));
                    }
                    assertThat(slow.awaitExit(SOON)).isInstanceOf(StillRunning.class);
                    assertThat(taken).hasValue(0);
                    gate.countDown();
                    assertThat(slow.awaitExit(LONG)).isEqualTo(new Exited(0));
                    assertThat(taken).hasValue(500_000);
                });
    }

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
    void commandThatCannotBeStartedIsAnOutcome() throws Exception {
        FakeAgent.Script script =
                s -> {
                    s.open();
                    s.send(
                            s.readMessage(16).stream(),
                            18,
                            "\2\0\0\0\5No such file\u0007".getBytes(StandardCharsets.UTF_8));
                    s.send(s.readMessage(16).stream(), 18, new byte[] {13, 0, 0, 0, 3});
                    s.drain();
                };
        with(
                script,
                connection -> {
                    var missing = (CommandNotStarted) connection.start(Command.of("x"), buffers(9));
                    assertThat(missing)
                            .isEqualTo(
                                    new CommandNotStarted(
                                            2, CommandNotStarted.Step.EXECUTE, "No such file?"));
                    assertThat(missing.exitCode()).isEqualTo(127);
                    var refused = (CommandNotStarted) connection.start(Command.of("x"), buffers(9));
                    assertThat(refused.step()).isEqualTo(CommandNotStarted.Step.FOLDER);
                    assertThat(refused.exitCode()).isEqualTo(126);
                });
    }

    @Test
    void longCommandsAreContinuedAndTooLongOnesRefused() throws Exception {
        var received = new AtomicInteger();
        FakeAgent.Script script =
                s -> {
                    s.open();
                    var request = s.readMessage(16);
                    received.set(request.payload().length);
                    s.started(request.stream(), 1);
                    s.exited(request.stream(), 0);
                    s.drain();
                };
        int fits = (1 << 20) - 5 - 6 - 5;
        with(
                script,
                connection -> {
                    assertFails(
                            ErrorCode.INVALID_ARGUMENT,
                            "The command takes 1048577 bytes (arguments 1048566, working folder 6, stdin 5), but 1M",
                            () -> connection.start(Command.of("a".repeat(fits + 1)), buffers(1)));
                    start(connection, Command.of("a".repeat(fits)), buffers(1)).awaitExit(LONG);
                    assertThat(received).hasValue(1 << 20);
                });
    }

    @Test
    void textThatCannotBePassedOnIsRefused() {
        assertFails(ErrorCode.INVALID_ARGUMENT, "needs a program", Command::of);
        assertFails(ErrorCode.INVALID_ARGUMENT, "NUL", () -> Command.of("a\0b"));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "can't name",
                () -> Command.of("a").withEnv(Map.of("A=B", "")));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "give 32 to 512",
                () -> GuestIdentity.builder().entropy(new byte[31]).build());
    }

    @Test
    void inputIsSentAsFarAsThereIsCreditAndThenEnded() throws Exception {
        var input = new byte[200_000];
        new java.util.Random(3).nextBytes(input);
        for (Stdin stdin : List.of(Stdin.of(input), Stdin.from(new ByteArrayInputStream(input)))) {
            var received = new ByteArrayOutputStream();
            with(
                    started((s, stream) -> {
                        int unpaid = 0;
                        for (var f = s.read(); f.type() == 19; f = s.read()) {
                            received.write(f.payload());
                            unpaid += f.payload().length;
                            assertThat(unpaid).isLessThanOrEqualTo(65_536);
                            if (unpaid > 65_000) {
                                s.send(stream, 3, FakeAgent.ints(0, unpaid));
                                unpaid = 0;
                            }
                        }
                        s.exited(stream, 0);
                    }),
                    connection ->
                            assertThat(
                                            start(
                                                            connection,
                                                            Command.of("cat").withStdin(stdin),
                                                            buffers(1))
                                                    .awaitExit(LONG))
                                    .isEqualTo(new Exited(0)));
            assertThat(received.toByteArray()).isEqualTo(input);
        }
    }

    @Test
    void blockedInputDoesNotHoldUpTheEnd() throws Exception {
        try (var never = new PipedOutputStream();
                InputStream blocked = new PipedInputStream(never)) {
            with(
                    started((s, stream) -> s.exited(stream, 3)),
                    connection ->
                            assertThat(
                                            start(
                                                            connection,
                                                            Command.of("x")
                                                                    .withStdin(Stdin.from(blocked)),
                                                            buffers(1))
                                                    .awaitExit(LONG))
                                    .isEqualTo(new Exited(3)));
        }
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
    void pipedInputFailsOnceTheCommandHasEnded() throws Exception {
        with(
                started((s, stream) -> s.exited(stream, 0)),
                connection -> {
                    RunningCommand command =
                            start(connection, Command.of("x").withStdin(Stdin.piped()), buffers(1));
                    command.awaitExit(LONG);
                    assertThatThrownBy(() -> command.stdin().write(1))
                            .isInstanceOf(IOException.class)
                            .hasMessage("The command has ended");
                    command.stdin().close();
                });
    }

    @Test
    void signalsAreSentWithTheirScope() throws Exception {
        var signals = new ArrayList<Integer>();
        with(
                started((s, stream) -> {
                    for (int i = 0; i < 2; i++) {
                        var frame = s.readMessage(24);
                        signals.add(frame.intAt(0));
                        signals.add(frame.intAt(4));
                    }
                    s.send(stream, 23, FakeAgent.ints(1, 9));
                }),
                connection -> {
                    RunningCommand command = start(connection, Command.of("x"), buffers(1));
                    assertFails(ErrorCode.INVALID_ARGUMENT, "65 is no", () -> command.signal(65));
                    command.signal(15);
                    command.kill();
                    assertThat(command.awaitExit(LONG)).isEqualTo(new Signaled(9));
                    assertThat(signals).containsExactly(15, 0, 9, 1);
                });
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
                                new AgentConnection.Waits(SOON, SOON, SOON))) {
            assertFails(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "Starting x: the agent did not answer within 200 ms",
                    () -> connection.start(Command.of("x"), buffers(1)));
            killed.await();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
