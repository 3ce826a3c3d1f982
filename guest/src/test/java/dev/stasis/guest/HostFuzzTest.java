package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ByteSize;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The host's side against agents that send anything: each call has an end, which is a value or one
/// kind of exception.
@Timeout(value = 1, unit = TimeUnit.HOURS)
class HostFuzzTest {
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final AgentConnection.Waits WAITS =
            new AgentConnection.Waits(SHORT, SHORT, SHORT, SHORT);
    private static final int[] TYPES = {
        2, 3, 3, 17, 17, 18, 21, 21, 22, 22, 23, 23, 48, 48, 49, 67, 97, 98, 99, 100, 101
    };
    private static final byte[] ALL_FEATURES = {1, 0, 0, 0, -1, -1, -1, -1};

    @TempDir Path folder;

    @Test
    void whateverAnAgentSendsEachCallHasAnEndInTime() {
        Fuzz.rounds(this::round);
    }

    private void round(long seed) throws Exception {
        var socket = folder.resolve("agent");
        try (var agent =
                        new FakeAgent(
                                socket, session -> talk(session, new Fuzz(new Random(seed))));
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var done = executor.submit(() -> use(agent.address(), new Random(seed)));
            done.get(LONG.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static void talk(FakeAgent.Session session, Fuzz fuzz) throws Exception {
        session.readHello();
        if (fuzz.once(10)) {
            session.raw(fuzz.payload());
        }
        session.send(0, 2, ALL_FEATURES);
        for (int i = fuzz.random.nextInt(60); i >= 0; i--) {
            int stream = session.read().stream();
            for (int k = fuzz.random.nextInt(4); k > 0; k--) {
                int to = fuzz.once(10) ? fuzz.random.nextInt(8) : stream;
                int type = fuzz.once(20) ? fuzz.random.nextInt(128) : fuzz.one(TYPES);
                byte[] frame = FakeAgent.frame(session.epoch(), to, type, fuzz.payload());
                session.raw(fuzz.once(15) ? fuzz.mutated(frame) : frame);
            }
        }
        session.hangUp();
    }

    /// What is never to come out of this is any other exception.
    private static Void use(AgentAddress address, Random random) throws Exception {
        try (var connection = AgentConnection.open(address, SHORT, random, WAITS);
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = new ArrayList<Future<?>>();
            for (var call : calls(connection)) {
                for (int i = 0; i < 3; i++) {
                    calls.add(executor.submit(() -> attempt(call)));
                }
            }
            for (var call : calls) {
                call.get(LONG.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (StasisException e) {
            assertThat(e).hasMessageNotContaining("\033");
        }
        return null;
    }

    private static void attempt(Runnable call) {
        try {
            call.run();
        } catch (StasisException e) {
            assertThat(e).hasMessageNotContaining("\033");
        }
    }

    private static List<Runnable> calls(AgentConnection connection) {
        return List.of(
                () -> connection.ping(new byte[5]),
                () -> new GuestCommands(connection).list(),
                () -> new GuestCommands(connection).metrics(),
                () -> new GuestSizing(connection).size(),
                () -> command(connection),
                () -> FileSession.open(connection, null).nextEntries("/x").await());
    }

    private static void command(AgentConnection connection) {
        var limit = ByteSize.ofMebibytes(1);
        var sinks = new OutputSinks(new OutputBuffer("out", limit), new OutputBuffer("err", limit));
        if (connection.start(Command.of("x"), sinks) instanceof RunningCommand running) {
            running.awaitExit(SHORT);
        }
    }
}
