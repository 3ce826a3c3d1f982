package dev.stasis.guest;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A connection to a guest's agent over one of its lanes. Thread-safe: calls and commands of any
/// number of threads share it and do not hold each other up.
///
/// Every call fails with {@link ErrorCode#AGENT_FAILED} when the connection ends or the agent
/// refuses, and with {@link ErrorCode#DEADLINE_EXCEEDED} when it does not answer in time. A
/// connection that has ended stays so. Commands that run when it ends go on in the guest; their
/// output goes to the sandbox's log.
public final class AgentConnection implements AutoCloseable {
    /// The longest payload of {@link #ping}.
    public static final int MAX_PING_BYTES = Frame.MAX_PAYLOAD_BYTES;

    /// The program in a guest that is run when it has become a fork.
    public static final String HOOK = "/etc/stasis/on-fork";

    private static final Duration FLUSHING = Duration.ofSeconds(1);
    private final Link link;
    private final Waits waits;

    private AgentConnection(Link link, Waits waits) {
        this.link = link;
        this.waits = waits;
    }

    /// Connects and waits until the agent has answered. Whoever opened it closes it.
    ///
    /// @param address where the agent is
    /// @param longest how long to wait
    public static AgentConnection open(AgentAddress address, Duration longest) {
        return open(address, longest, new SecureRandom(), Waits.USUAL);
    }

    /// Connects, and gives the guest an identity with the first bytes that it hears: see {@link
    /// #identify}. Whoever opened it closes it.
    ///
    /// @param address where the agent is
    /// @param longest how long to wait for the agent's first answer
    public static AgentConnection open(
            AgentAddress address, GuestIdentity identity, Duration longest) {
        return open(address, identity, longest, new SecureRandom(), Waits.USUAL);
    }

    static AgentConnection open(
            AgentAddress address, Duration longest, RandomGenerator random, Waits waits) {
        return open(address, null, longest, random, waits);
    }

    /// What a guest was sent while it was captured or restored can be lost, so an agent that is
    /// silent is asked again.
    static AgentConnection open(
            AgentAddress address,
            @Nullable GuestIdentity identity,
            Duration longest,
            RandomGenerator random,
            Waits waits) {
        Deadline whole = Deadline.in(longest);
        for (Duration patience = waits.welcome; ; patience = patience.multipliedBy(2)) {
            Deadline attempt = whole.orIn(patience);
            var connection = new AgentConnection(Link.open(address, epoch(random)), waits);
            boolean opened = false;
            try {
                connection.begin(identity, attempt);
                opened = true;
                return connection;
            } catch (StasisException e) {
                if (e.code() != ErrorCode.DEADLINE_EXCEEDED
                        || connection.isOpen()
                        || attempt.equals(whole)) {
                    throw e;
                }
            } finally {
                if (!opened) {
                    connection.close();
                }
            }
        }
    }

    private void begin(@Nullable GuestIdentity identity, Deadline welcome) {
        if (identity == null) {
            link.awaitWelcome(welcome);
            return;
        }
        if (FieldList.of(identity).length > Frame.MAX_PAYLOAD_BYTES) {
            link.awaitWelcome(welcome); // a silent agent would leave no room for a long one
            identify(identity);
            return;
        }
        var patience = Duration.ofNanos(Math.max(0, welcome.nanosLeft())).plus(waits.answer);
        var identified = beginIdentify(identity, patience);
        link.awaitWelcome(welcome);
        identified.await();
    }

    private static long epoch(RandomGenerator random) {
        long epoch = random.nextLong();
        while ((int) epoch == -1) { // its trailer would be zero, like the filler
            epoch = random.nextLong();
        }
        return epoch;
    }

    AgentAddress address() {
        return link.address();
    }

    Waits waits() {
        return waits;
    }

    /// Whether calls can be made.
    public boolean isOpen() {
        return link.isOpen();
    }

    /// Whether the agent can do this.
    public boolean has(Feature feature) {
        return link.has(feature);
    }

    /// Makes sure that the agent can do this.
    ///
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT}
    public void require(Feature feature) {
        if (!has(feature)) {
            throw new StasisException(
                    ErrorCode.INCOMPATIBLE_SNAPSHOT,
                    link.address()
                            .error(
                                    "This sandbox can't "
                                            + feature.text()
                                            + ": the agent in its memory comes from an older"
                                            + " Stasis; create a new sandbox for that"));
        }
    }

    /// Ends the connection, after what was already asked for (such as a kill) has been sent if the
    /// guest takes it. Can be called again.
    @Override
    public void close() {
        link.flush(Deadline.in(FLUSHING));
        link.end(
                new StasisException(
                        ErrorCode.AGENT_FAILED,
                        link.address().error("The connection to the agent was closed")));
    }

    /// Freezes every process of the sandbox's users. When it fails with {@link
    /// ErrorCode#DEADLINE_EXCEEDED}, they run on.
    ///
    /// @param longest how long the agent tries
    public void freeze(Duration longest) {
        call("Freezing", FrameType.FREEZE, millis(longest), longest.plus(waits.answer));
    }

    /// Lets the frozen processes run on. Harmless when nothing is frozen.
    public void thaw() {
        call("Thawing", FrameType.THAW, new byte[0], waits.answer);
    }

    /// Gives the guest an identity. All of it is in effect when this returns.
    public void identify(GuestIdentity identity) {
        beginIdentify(identity, waits.answer).await();
    }

    private AgentCall beginIdentify(GuestIdentity identity, Duration longest) {
        return AgentCall.send(
                link, "Setting the identity", FrameType.IDENTITY, FieldList.of(identity), longest);
    }

    /// Lets the users' processes run on in a fork, and runs the image's hook for that, `{@value
    /// #HOOK}`, if there is one. An agent that is too old for hooks only lets them run on.
    ///
    /// @param longest how long the hook may take before it is killed
    /// @return how the hook ended
    public HookEnd thawFork(Duration longest) {
        if (!has(Feature.FORKS)) {
            thaw();
            return new HookEnd.None();
        }
        byte[] answer =
                call(
                        "Running " + HOOK,
                        FrameType.FORKED,
                        millis(longest),
                        longest.plus(waits.answer));
        return HookEnd.read(answer, longest)
                .orElseThrow(() ->
                        new StasisException(
                                ErrorCode.AGENT_FAILED,
                                link.address()
                                        .error(
                                                "The agent told an end of "
                                                        + HOOK
                                                        + " that is none")));
    }

    /// Flushes the guest's file systems.
    public void sync() {
        beginSync().await();
    }

    /// Begins to flush the guest's file systems.
    ///
    /// @return is answered when that is done
    public AgentCall beginSync() {
        return AgentCall.send(
                link, "Flushing the guest's disks", FrameType.SYNC, new byte[0], waits.sync);
    }

    /// Lets the file system on the sandbox's disk grow to the size that the disk has now.
    ///
    /// @param size the size of the disk
    /// @param longest how long the guest may take to hear of the size
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent is too
    ///   old for that
    public void growDisk(ByteSize size, Duration longest) {
        require(Feature.GROW_DISK);
        byte[] request =
                FrameWriter.payload(
                        Long.BYTES + Integer.BYTES,
                        b -> b.putLong(size.bytes()).putInt((int) longest.toMillis()));
        call("Growing the disk", FrameType.GROW_DISK, request, longest.plus(waits.sync));
    }

    /// Lets the guest shut down. This returns when it has begun; the machine ends by itself later.
    ///
    /// @param grace between asking processes to end and killing them
    public void shutdown(Duration grace) {
        call("Shutting down", FrameType.SHUTDOWN, millis(grace), waits.answer);
    }

    /// Lets the guest shut down, with another signal than SIGTERM if its agent knows others.
    ///
    /// @param grace between asking processes to end and killing them
    /// @param signal the number of the signal that asks them, 1 to 64
    public void shutdown(Duration grace, int signal) {
        if (!has(Feature.USERS)) {
            shutdown(grace);
            return;
        }
        byte[] request =
                FrameWriter.payload(2 * Integer.BYTES, b -> b.put(millis(grace)).putInt(signal));
        call("Shutting down", FrameType.SHUTDOWN, request, waits.answer);
    }

    /// Asks for a sign of life.
    ///
    /// @param bytes what the agent sends back, at most {@link #MAX_PING_BYTES}
    public void ping(byte[] bytes) {
        if (bytes.length > MAX_PING_BYTES) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    bytes.length + " bytes to ping with: give at most " + MAX_PING_BYTES);
        }
        byte[] answer = call("Pinging", FrameType.PING, bytes, waits.answer);
        if (!Arrays.equals(answer, bytes)) {
            throw new StasisException(
                    ErrorCode.AGENT_FAILED,
                    link.address().error("The agent answered a ping with other bytes"));
        }
    }

    /// Tries to connect to a port in the guest, and hangs up at once when that is possible.
    ///
    /// @param port the port, on the guest's loopback
    /// @param longest for how long the agent tries again when nobody listens there
    /// @return whether somebody listens
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent is too
    ///   old for that
    public boolean awaitPort(int port, Duration longest) {
        require(Feature.CONNECT);
        var what = "Connecting to port " + port;
        var deadline = Deadline.in(longest.plus(waits.answer));
        PortProbe probe = link.register(PortProbe::new);
        byte[] request =
                FrameWriter.payload(2 * Integer.BYTES, b -> b.putInt(port).put(millis(longest)));
        try {
            link.send(link.writer().message(probe.id(), FrameType.CONNECT, request), deadline);
            return deadline.await(probe.connected(), what);
        } catch (TimeoutException e) {
            throw AgentCall.noAnswer(link, what, deadline);
        } catch (StasisException e) {
            throw AgentCall.during(what, e);
        } finally {
            link.forget(probe.id());
            var reset = link.writer().message(probe.id(), FrameType.RESET, new byte[0]);
            reset.forEach(frame -> Thread.ofVirtual().start(() -> link.send(frame)));
        }
    }

    /// Starts a command.
    ///
    /// @return the {@link RunningCommand}, or {@link CommandNotStarted}
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when the arguments and the
    ///   environment take more than 1 MiB, or {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the
    ///   agent is too old for what is asked for
    public StartOutcome start(Command command, CommandOutput output) {
        if (command.user() != null) {
            require(Feature.USERS);
        }
        if (!command.env().unset().isEmpty()) {
            require(Feature.FORKS);
        }
        var extras = command.extras();
        if (!extras.limits().isEmpty()) {
            require(Feature.LIMITS);
        }
        if (extras.terminal() != null) {
            require(Feature.TERMINALS);
        }
        if (extras.life() != Command.Life.WITH_HOST) {
            require(Feature.KEPT);
        }
        var name = command.arguments().getFirst();
        byte[] request = FieldList.of(command, this::has);
        CommandStream stream =
                link.register(id ->
                        new CommandStream(
                                link, id, CommandStream.Kind.NEW, command.stdin(), output));
        return begin("Starting " + name, FrameType.EXEC, request, stream);
    }

    /// Starts a file server; its requests are its standard input.
    StartOutcome startFiles(@Nullable String user, OutputSinks sinks) {
        CommandStream stream =
                link.register(id ->
                        new CommandStream(link, id, CommandStream.Kind.NEW, Stdin.piped(), sinks));
        byte[] request = FieldList.ofFiles(user);
        return begin("Starting the file server", FrameType.FILES, request, stream);
    }

    /// Attaches to a command that runs without a host, or has ended and was kept. Its output goes
    /// on from where it is; of a kept one the latest that nobody took comes first.
    ///
    /// @param id the command's
    /// @param stdin what is its input from now on, if it has one
    /// @return the {@link RunningCommand}, or {@link CommandNotStarted} with {@link
    ///   CommandNotStarted#isUnknown} or {@link CommandNotStarted#isTaken}
    /// @throws StasisException with {@link ErrorCode#INCOMPATIBLE_SNAPSHOT} when the agent is too
    ///   old
    public StartOutcome attach(String id, Stdin stdin, CommandOutput output) {
        require(Feature.KEPT);
        byte[] request = id.getBytes(StandardCharsets.UTF_8);
        CommandStream stream =
                link.register(number ->
                        new CommandStream(
                                link, number, CommandStream.Kind.ATTACHED, stdin, output));
        return begin("Attaching to command " + id, FrameType.ATTACH, request, stream);
    }

    private StartOutcome begin(String what, FrameType type, byte[] request, CommandStream stream) {
        Deadline deadline = Deadline.in(waits.start);
        try {
            link.send(link.writer().message(stream.id(), type, request), deadline);
            return deadline.await(stream.started(), what);
        } catch (TimeoutException e) {
            abandon(stream);
            throw AgentCall.noAnswer(link, what, deadline);
        } catch (StasisException e) {
            abandon(stream);
            throw AgentCall.during(what, e);
        }
    }

    /// Makes sure that a command whose start nobody waits for any more does not run, and that one
    /// that was only attached to is let go.
    private void abandon(CommandStream stream) {
        link.forget(stream.id());
        if (link.isOpen()) {
            Thread.ofVirtual().name("agent-abandon").start(() -> link.send(stream.abandoning()));
        }
    }

    byte[] call(String what, FrameType type, byte[] request, Duration longest) {
        return AgentCall.send(link, what, type, request, longest).await();
    }

    static byte[] millis(Duration duration) {
        long millis = Math.clamp(duration.toMillis(), 0, 0xFFFF_FFFFL);
        return FrameWriter.payload(Integer.BYTES, b -> b.putInt((int) millis));
    }

    /// How long answers are waited for.
    ///
    /// @param welcome to the first HELLO, before it is sent again
    /// @param answer to a request that takes no time
    /// @param start to a command's start
    /// @param sync to the flushing of the disks
    record Waits(Duration welcome, Duration answer, Duration start, Duration sync) {
        static final Waits USUAL =
                new Waits(
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(30),
                        Duration.ofMinutes(2));
    }
}
