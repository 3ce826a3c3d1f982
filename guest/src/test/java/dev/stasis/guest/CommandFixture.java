package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ByteSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.io.TempDir;

/// What tests of commands have in common: a fake agent and what is done with it.
abstract class CommandFixture {
    static final Duration SOON = Duration.ofMillis(200);
    static final Duration LONG = Duration.ofSeconds(60);

    @TempDir Path folder;

    interface Body {
        void run(AgentConnection connection) throws Exception;
    }

    void with(FakeAgent.Script script, Body body) throws Exception {
        try (var agent = new FakeAgent(folder.resolve("lane.1"), script);
                var connection = AgentConnection.open(agent.address(), LONG)) {
            body.run(connection);
        }
    }

    /// A script that answers EXEC with STARTED and goes on with the stream's number.
    interface Started {
        void run(FakeAgent.Session session, int stream) throws Exception;
    }

    static FakeAgent.Script started(Started then) {
        return s -> {
            s.open();
            int stream = s.readMessage(16).stream();
            s.started(stream, 42);
            then.run(s, stream);
            s.drain();
        };
    }

    static RunningCommand start(AgentConnection connection, Command command, OutputSinks sinks) {
        return switch (connection.start(command, sinks)) {
            case RunningCommand running -> running;
            case CommandNotStarted not -> throw new AssertionError(not);
        };
    }

    static OutputSinks buffers(long limit) {
        return new OutputSinks(
                new OutputBuffer("stdout", new ByteSize(limit)),
                new OutputBuffer("stderr", new ByteSize(limit)));
    }

    static void assertEmitted(OutputSink sink, int channel, int size) {
        byte[] bytes = ((OutputBuffer) sink).bytes();
        assertThat(bytes).hasSize(size);
        for (int i = 0; i < size; i++) {
            if (bytes[i] != EmittingAgent.byteAt(channel, i)) {
                throw new AssertionError("byte " + i + " of channel " + channel + " is wrong");
            }
        }
    }

    static Command emit(int out, int err, int code) {
        return Command.of("emit", "" + out, "" + err, "" + code);
    }

    static CommandEnd runOne(AgentConnection connection, int number) {
        OutputSinks sinks = buffers(400_000);
        RunningCommand command =
                start(connection, emit(number * 3000, number * 1001, number), sinks);
        CommandEnd end = command.awaitExit(LONG);
        assertEmitted(sinks.stdout(), 1, number * 3000);
        assertEmitted(sinks.stderr(), 2, number * 1001);
        return end;
    }

    static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
