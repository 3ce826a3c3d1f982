package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.StasisException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The agent's own code, made for this computer with the sanitizers of the compiler, against hosts
/// that send anything: it never fails, and serves the next honest host.
@Timeout(value = 1, unit = TimeUnit.HOURS)
class AgentFuzzTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int ROUNDS_OF_ONE_AGENT = 40;
    private static final List<String> SOURCES =
            List.of(
                    "frames.c",
                    "lanes.c",
                    "commands.c",
                    "request.c",
                    "listing.c",
                    "streams.c",
                    "kept.c",
                    "logs.c",
                    "connections.c",
                    "metrics.c");
    private static final int[] TYPES = {
        3, 3, 16, 16, 16, 16, 19, 19, 20, 24, 34, 37, 64, 65, 66, 68, 69, 80, 96, 99, 100, 102
    };

    @TempDir Path folder;
    private @Nullable Process agent;
    private int rounds;

    private Path socket() {
        return folder.resolve("agent");
    }

    private Path said() {
        return folder.resolve("said");
    }

    @AfterEach
    void end() throws Exception {
        if (agent != null) {
            agent.destroyForcibly().waitFor();
        }
    }

    @Test
    void whateverHostsSendTheAgentLivesAndServesTheNextOne() throws Exception {
        build();
        Fuzz.rounds(this::round);
    }

    private void build() throws Exception {
        var agentFolder = Path.of("agent");
        var main = folder.resolve("main.o");
        compile(List.of("-Dmain=agent_main", "-c", agentFolder.resolve("main.c").toString()), main);
        var sources = new ArrayList<String>();
        sources.add("src/test/c/harness.c");
        SOURCES.forEach(name -> sources.add(agentFolder.resolve(name).toString()));
        sources.addAll(List.of(main.toString(), "-Wl,--wrap=connect"));
        compile(sources, folder.resolve("harness"));
    }

    private void compile(List<String> what, Path output) throws Exception {
        var command = new ArrayList<String>();
        command.addAll(List.of("gcc", "-g", "-O1", "-std=gnu17", "-Iagent", "-o", "" + output));
        command.addAll(List.of("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"));
        command.addAll(what);
        var log = folder.resolve("compiler");
        var compiler =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        assertThat(compiler.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(compiler.exitValue()).as(Files.readString(log)).isZero();
    }

    /// Each agent is used for some rounds: what hosts have left in it is there for the next ones.
    private void round(long seed) throws Exception {
        var running = agent;
        if (running == null || rounds++ % ROUNDS_OF_ONE_AGENT == 0) {
            end();
            running = begin();
        }
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            executor.execute(() -> drop(channel));
            var sent = executor.submit(() -> send(channel, new Fuzz(new Random(seed))));
            sent.get(LONG.toSeconds(), TimeUnit.SECONDS);
            honest();
        } catch (IOException | StasisException | TimeoutException e) {
            throw new AssertionError("the agent said: " + Files.readString(said()), e);
        }
        assertThat(running.isAlive()).as(Files.readString(said())).isTrue();
    }

    private Process begin() throws Exception {
        Files.deleteIfExists(socket());
        var builder =
                new ProcessBuilder(folder.resolve("harness").toString(), socket().toString())
                        .redirectErrorStream(true)
                        .redirectOutput(said().toFile());
        builder.environment().put("ASAN_OPTIONS", "detect_leaks=0");
        var started = builder.start();
        agent = started;
        long end = System.nanoTime() + LONG.toNanos();
        while (!listens()) {
            assertThat(System.nanoTime()).as(Files.readString(said())).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return started;
    }

    private boolean listens() {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static void drop(SocketChannel channel) {
        try {
            Channels.newInputStream(channel).transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // It was closed.
        }
    }

    private static Void send(SocketChannel channel, Fuzz fuzz) throws IOException {
        for (int session = fuzz.random.nextInt(3); session >= 0; session--) {
            long epoch = fuzz.random.nextLong() & ~0xFFL;
            if (!fuzz.once(5)) {
                write(channel, new byte[16_412]);
            }
            write(channel, FakeAgent.frame(epoch, 0, 1, new byte[] {1, 0, 1, 0}));
            for (int i = fuzz.random.nextInt(60); i > 0; i--) {
                write(channel, frame(epoch, fuzz));
            }
        }
        return null;
    }

    private static byte[] frame(long epoch, Fuzz fuzz) {
        int type = fuzz.once(20) ? fuzz.random.nextInt(256) : fuzz.one(TYPES);
        boolean list = type == 16 || type == 34 || type == 80;
        byte[] payload = list ? fuzz.fields() : fuzz.payload();
        if (payload.length > 16_384) {
            payload = new byte[3];
        }
        byte[] frame = FakeAgent.frame(epoch, fuzz.random.nextInt(6), type, payload);
        if (fuzz.once(8)) {
            frame[17] = 1; // the message goes on
        }
        return fuzz.once(15) ? fuzz.mutated(frame) : frame;
    }

    private static void write(SocketChannel channel, byte[] bytes) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private void honest() {
        var address = new AgentAddress(socket(), said());
        try (var connection = AgentConnection.open(address, LONG)) {
            connection.ping(new byte[] {1, 2});
            new GuestCommands(connection).list();
            new GuestCommands(connection).metrics();
            var started = connection.start(Command.of("x"), OutputSinks.discard());
            assertThat(((RunningCommand) started).awaitExit(LONG))
                    .isEqualTo(new CommandEnd.Exited(7));
        }
    }
}
