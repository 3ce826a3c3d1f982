package dev.stasis.guest;

import static dev.stasis.guest.AgentConnectionTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

@Timeout(180)
class CommandTest extends CommandFixture {
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
}
