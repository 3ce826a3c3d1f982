package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.guest.AgentAddress;
import dev.stasis.guest.AgentConnection;
import dev.stasis.guest.Command;
import dev.stasis.guest.CommandEnd;
import dev.stasis.guest.CommandNotStarted;
import dev.stasis.guest.GuestIdentity;
import dev.stasis.guest.OutputBuffer;
import dev.stasis.guest.OutputSinks;
import dev.stasis.guest.RunningCommand;
import dev.stasis.machine.qmp.QmpClient;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpObject;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A QEMU without Stasis around it: driven through its monitor, and its guest through the agent.
final class PlainQemu implements AutoCloseable {
    static final Duration LONGEST = Duration.ofMinutes(5);

    private static final long POLL_NANOS = 200_000;
    private static final Duration FREEZE = Duration.ofSeconds(5);
    private static final Duration HOOK = Duration.ofSeconds(20);
    private static final int ENTROPY_BYTES = 64;
    private static final long END_SECONDS = 20;
    private static final int LAST_SAID = 2000;
    private static final ByteSize OUTPUT = ByteSize.ofMebibytes(1);

    private final ProcessHandle process;
    private final @Nullable Process own; // null when somebody else has started it
    private final Path run;
    private final Path log;
    private final QmpClient monitor;
    private @Nullable AgentConnection agent;

    private PlainQemu(ProcessHandle process, @Nullable Process own, Path run, Path log)
            throws IOException, QmpException {
        this.process = process;
        this.own = own;
        this.run = run;
        this.log = log;
        this.monitor = connectToMonitor(process, run, log);
    }

    /// Starts it and waits until it obeys; a state that it is told to load is loaded then.
    ///
    /// @param run an existing folder for its sockets
    static PlainQemu start(List<String> command, Path run) throws IOException, QmpException {
        var log = run.resolve("qemu.log");
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        var process = builder.redirectOutput(log.toFile()).start();
        boolean started = false;
        try {
            var qemu = new PlainQemu(process.toHandle(), process, run, log);
            started = true;
            return qemu;
        } finally {
            if (!started) {
                process.destroyForcibly();
            }
        }
    }

    /// Connects to one that somebody else has started, who also ends it.
    ///
    /// @param run the folder of its sockets
    /// @param log what it says
    static PlainQemu attach(long pid, Path run, Path log) throws IOException, QmpException {
        var process =
                ProcessHandle.of(pid)
                        .orElseThrow(() -> new IOException("QEMU " + pid + " has ended: " + log));
        return new PlainQemu(process, null, run, log);
    }

    /// Connects to the monitor once it listens, which is some time after its socket is there.
    private static QmpClient connectToMonitor(ProcessHandle process, Path run, Path log)
            throws IOException, QmpException {
        var socket = run.resolve("qmp");
        while (process.isAlive()) {
            try {
                if (Files.exists(socket)) {
                    return QmpClient.connect(socket, LONGEST);
                }
            } catch (QmpException e) {
                if (!e.description().contains("Connection refused")) {
                    throw e;
                }
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        throw new IOException("QEMU ended: " + Files.readString(log));
    }

    long pid() {
        return process.pid();
    }

    /// A failure with how QEMU ended, if it did, and what it and the guest's console said last.
    String explain(Exception failure) throws IOException {
        var said = Files.readString(log, StandardCharsets.ISO_8859_1);
        var last = said.substring(Math.max(0, said.length() - LAST_SAID));
        return "%s; QEMU %s, and said last: %s"
                .formatted(
                        failure.getMessage(), state(), last.isEmpty() ? "nothing" : last.strip());
    }

    private String state() {
        if (process.isAlive()) {
            return "lives";
        }
        return own == null ? "has ended" : "ended with " + own.exitValue();
    }

    /// Runs a command of the monitor.
    QmpObject execute(String command, Map<String, ?> arguments) throws QmpException {
        return QmpObject.of(monitor.execute(command, arguments, LONGEST));
    }

    /// Runs a command of the monitor for people, which says nothing if all goes well.
    void executeHuman(String line) throws QmpException, IOException {
        var said =
                String.valueOf(
                        monitor.execute(
                                "human-monitor-command", Map.of("command-line", line), LONGEST));
        if (!said.isBlank()) {
            throw new IOException("QEMU says to '" + line + "': " + said.strip());
        }
    }

    void requireRunning() throws QmpException, IOException {
        var status = execute("query-status", Map.of()).text("status");
        if (!status.equals("running")) {
            throw new IOException("QEMU is " + status + " and not running");
        }
    }

    /// Waits for the end of a migration, in or out.
    void awaitMigration() throws QmpException, IOException {
        while (true) {
            var status = execute("query-migrate", Map.of()).optionalText("status").orElse("none");
            if (status.equals("completed")) {
                return;
            }
            if (status.equals("failed")) {
                throw new IOException("QEMU's migration failed: see " + log);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /// The guest's agent, once it answers.
    AgentConnection connect() {
        if (agent == null) {
            agent = AgentConnection.open(new AgentAddress(run.resolve("lane.0"), log), LONGEST);
        }
        return agent;
    }

    /// Freezes the users' processes, as Stasis does before a capture.
    void freeze() {
        connect().freeze(FREEZE);
    }

    /// Tells the guest who it is, and lets the users' processes go on.
    void introduce(String hostname) {
        var entropy = new byte[ENTROPY_BYTES];
        new SecureRandom().nextBytes(entropy);
        connect()
                .identify(
                        GuestIdentity.builder()
                                .hostname(hostname)
                                .generation(hostname)
                                .wallClock(Instant.now())
                                .entropy(entropy)
                                .build());
        connect().thawFork(HOOK);
    }

    /// Switches capabilities of migrations on. To be done before a state comes in.
    void enable(String... capabilities) throws QmpException {
        execute(
                "migrate-set-capabilities",
                Map.of(
                        "capabilities",
                        Arrays.stream(capabilities)
                                .map(name -> Map.of("capability", name, "state", true))
                                .toList()));
    }

    /// Takes a state in from a file that is sent through a socket, without a helper process.
    void load(Path state) throws QmpException, IOException {
        var socket = run.resolve("incoming");
        execute("migrate-incoming", Map.of("uri", "unix:" + socket));
        try (var file = FileChannel.open(state, StandardOpenOption.READ);
                var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            for (long at = 0; at < file.size(); ) {
                at += file.transferTo(at, file.size() - at, channel);
            }
        }
        awaitMigration();
        Files.deleteIfExists(socket);
    }

    /// Takes a state in from where QEMU finds it.
    void load(String uri) throws QmpException, IOException {
        execute("migrate-incoming", Map.of("uri", uri));
        awaitMigration();
    }

    /// Lets it run, once it is done with taking a state in.
    void go() throws QmpException, IOException {
        while (execute("query-status", Map.of()).text("status").equals("inmigrate")) {
            LockSupport.parkNanos(POLL_NANOS);
        }
        execute("cont", Map.of());
    }

    /// Hangs up: the guest is about to be another one, which knows nothing of this connection.
    void disconnect() {
        if (agent != null) {
            agent.close();
            agent = null;
        }
    }

    /// Runs a command in the guest.
    ///
    /// @return what it wrote
    String run(String... command) throws IOException {
        var connection = connect();
        var output = new OutputBuffer("stdout", OUTPUT);
        var errors = new OutputBuffer("stderr", OUTPUT);
        var what = String.join(" ", command);
        return switch (connection.start(Command.of(command), new OutputSinks(output, errors))) {
            case CommandNotStarted refused ->
                    throw new IOException("'" + what + "' was not started: " + refused);
            case RunningCommand running -> {
                var end = running.awaitExit(LONGEST);
                if (!end.equals(new CommandEnd.Exited(0))) {
                    throw new IOException(
                            "'%s' ended so: %s; it said: %s".formatted(what, end, text(errors)));
                }
                yield text(output);
            }
        };
    }

    private static String text(OutputBuffer output) {
        return new String(output.bytes(), StandardCharsets.UTF_8);
    }

    /// Lets it end in order, so that its disk image is complete.
    void quit() throws QmpException, IOException {
        execute("quit", Map.of());
        if (own != null) {
            awaitEnd(own);
        }
    }

    @Override
    public void close() throws IOException {
        disconnect();
        monitor.close();
        if (own != null) {
            own.destroyForcibly();
            awaitEnd(own);
        }
    }

    private static void awaitEnd(Process process) throws IOException {
        long pid = process.pid();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("QEMU " + pid + " has not ended in " + END_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while QEMU " + pid + " ends", e);
        }
    }
}
