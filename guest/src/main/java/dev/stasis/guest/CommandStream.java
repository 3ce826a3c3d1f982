package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The stream of one command, from EXEC or ATTACH to EXITED or DETACHED.
final class CommandStream implements AgentStream {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int SIGKILL = 9;
    private static final int SCOPE_PROCESS_GROUP = 0;
    private static final int SCOPE_CGROUP = 1;
    private static final Duration SENDING = Duration.ofSeconds(15);
    private static final int HIGHEST_SIGNAL = 64;
    private static final long END_AFTER_KILL_SECONDS = 5;
    private static final int OUT_OF_MEMORY = 0x100;
    private static final int TIMED_OUT = 0x200;
    private static final int CLOSED = -1;

    /// How it began.
    enum Kind {
        NEW,
        ATTACHED
    }

    private final Link link;
    private final int id;
    private final Kind kind;
    private final Stdin input;
    private final Output stdout;
    private final Output stderr;
    private final StdinChannel stdin;
    private final CompletableFuture<StartOutcome> started = new CompletableFuture<>();
    private final CompletableFuture<CommandEnd> ended = new CompletableFuture<>();
    private final AtomicReference<@Nullable StasisException> failure = new AtomicReference<>();
    private volatile String state = "starting";

    CommandStream(Link link, int id, Kind kind, Stdin input, CommandOutput output) {
        this.link = link;
        this.kind = kind;
        this.input = input;
        this.id = id;
        this.stdin = new StdinChannel(link, id);
        switch (output) {
            case OutputSinks sinks -> {
                this.stdout = output(STDOUT, "standard output", sinks.stdout());
                this.stderr = output(STDERR, "standard error", sinks.stderr());
            }
            case OutputQueue queue -> {
                this.stdout =
                        queue.side(OutputQueue.Channel.STDOUT, bytes -> giveCredit(STDOUT, bytes));
                this.stderr =
                        queue.side(OutputQueue.Channel.STDERR, bytes -> giveCredit(STDERR, bytes));
            }
        }
    }

    int id() {
        return id;
    }

    CompletableFuture<StartOutcome> started() {
        return started;
    }

    /// Completed when the command has ended and the sinks have taken its output.
    CompletableFuture<CommandEnd> ended() {
        return ended;
    }

    StdinChannel stdin() {
        return stdin;
    }

    String state() {
        return state;
    }

    /// What kills the command with everything it has started.
    ByteBuffer killing() {
        return signal(SIGKILL, SCOPE_CGROUP);
    }

    /// What undoes the beginning.
    ByteBuffer abandoning() {
        return switch (kind) {
            case NEW -> killing();
            case ATTACHED -> detaching();
        };
    }

    /// What lets the command go on without this.
    ByteBuffer detaching() {
        return link.writer().frame(id, FrameType.DETACH);
    }

    /// What gives its terminal another size.
    ByteBuffer resizing(Command.Terminal size) {
        return link.writer().frame(id, FrameType.WINDOW, FieldList.size(size));
    }

    /// What sends a signal to the command's process group.
    ByteBuffer signal(int signal) {
        return signal(signal, SCOPE_PROCESS_GROUP);
    }

    /// @throws StasisException when the connection does not take the frame for too long
    void send(ByteBuffer frame, String what) {
        try {
            link.send(List.of(frame), Deadline.in(SENDING));
        } catch (TimeoutException e) {
            throw new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    link.address()
                            .error(
                                    what
                                            + ": the agent took nothing for "
                                            + Deadline.text(SENDING)));
        }
    }

    @Override
    public void received(Frame frame) throws ProtocolViolation {
        ByteBuffer payload = ByteBuffer.wrap(frame.payload()).order(ByteOrder.LITTLE_ENDIAN);
        if (frame.type() == FrameType.ERROR) {
            throw new ProtocolViolation(
                    "it refused a frame of a command: "
                            + GuestText.printable(frame.payload(), Integer.BYTES));
        }
        boolean first = !started.isDone();
        boolean opening =
                frame.type() == FrameType.STARTED || frame.type() == FrameType.EXEC_FAILED;
        if (first != opening) {
            throw new ProtocolViolation(
                    (first ? "a command not yet started sent " : "a running command sent ")
                            + frame);
        }
        switch (frame.type()) {
            case STARTED -> start(expect(frame, payload, kind == Kind.NEW ? 4 : 16));
            case EXEC_FAILED -> notStarted(frame, payload);
            case STDOUT -> stdout.append(frame.payload());
            case STDERR -> stderr.append(frame.payload());
            case CREDIT -> credit(expect(frame, payload, 8));
            case EXITED -> exited(expect(frame, payload, 8));
            case DETACHED -> over("let go", new CommandEnd.Detached());
            default -> throw new ProtocolViolation("a command sent " + frame);
        }
    }

    @Override
    public void lost(StasisException reason) {
        state = "lost with its connection";
        started.completeExceptionally(reason);
        ended.completeExceptionally(reason);
        endChannels();
    }

    private Output output(int channel, String name, OutputSink sink) {
        return new OutputChannel(
                sink,
                bytes -> giveCredit(channel, bytes),
                e -> fail("Taking the command's " + name + " failed", e));
    }

    private ByteBuffer signal(int signal, int scope) {
        byte[] payload = FrameWriter.payload(8, b -> b.putInt(signal).put((byte) scope));
        return link.writer().frame(id, FrameType.SIGNAL, payload);
    }

    private void giveCredit(int channel, int bytes) {
        byte[] payload = FrameWriter.payload(8, b -> b.putInt(channel).putInt(bytes));
        link.send(link.writer().frame(id, FrameType.CREDIT, payload));
    }

    private void start(ByteBuffer payload) throws ProtocolViolation {
        int pid = payload.getInt();
        state = "running as process " + pid;
        long skipped = 0;
        if (kind == Kind.ATTACHED) {
            skipped = payload.getLong();
            int credit = payload.getInt();
            if (credit == CLOSED) {
                stdin.commandEnded();
            } else {
                stdin.takeUp(credit);
            }
        }
        started.complete(new RunningCommand(this, pid, skipped));
        new StdinPump(stdin, this::fail).start(input);
    }

    private void notStarted(Frame frame, ByteBuffer payload) throws ProtocolViolation {
        if (payload.remaining() < 5) {
            throw new ProtocolViolation("a wrong length: " + frame);
        }
        int errno = payload.getInt();
        var step = CommandNotStarted.Step.of(payload.get());
        if (step == null) {
            throw new ProtocolViolation("an unknown step: " + frame);
        }
        state = "not started";
        link.forget(id);
        endChannels();
        started.complete(
                new CommandNotStarted(
                        errno, step, GuestText.printable(frame.payload(), payload.position())));
    }

    private void credit(ByteBuffer payload) throws ProtocolViolation {
        int channel = payload.getInt();
        if (channel != STDIN) {
            throw new ProtocolViolation("credit for channel " + channel);
        }
        stdin.addCredit(Integer.toUnsignedLong(payload.getInt()));
    }

    private void exited(ByteBuffer payload) throws ProtocolViolation {
        int kind = payload.getInt();
        int value = payload.getInt();
        boolean exited = (kind & 0xFF) == 0 && value >= 0 && value <= 255;
        boolean signaled = (kind & 0xFF) == 1 && value > 0 && value <= HIGHEST_SIGNAL;
        if ((!exited && !signaled) || (kind & ~(OUT_OF_MEMORY | TIMED_OUT)) > 1) {
            throw new ProtocolViolation("EXITED of kind " + kind + " with value " + value);
        }
        CommandEnd end =
                (kind & TIMED_OUT) != 0
                        ? new CommandEnd.TimedOut()
                        : (kind & OUT_OF_MEMORY) != 0
                                ? new CommandEnd.OutOfMemory()
                                : exited
                                        ? new CommandEnd.Exited(value)
                                        : new CommandEnd.Signaled(value);
        over("ended (" + end + "), with output that is not yet taken", end);
    }

    private void over(String how, CommandEnd end) {
        state = how;
        link.forget(id);
        endChannels();
        var _ =
                CompletableFuture.allOf(stdout.drained(), stderr.drained())
                        .thenRun(() -> complete(end));
    }

    private void complete(CommandEnd end) {
        StasisException failed = failure.get();
        if (failed == null) {
            ended.complete(end);
        } else {
            ended.completeExceptionally(failed);
        }
    }

    private void endChannels() {
        stdin.commandEnded();
        stdout.end();
        stderr.end();
    }

    /// Kills the command and lets its end be this failure; at the latest some seconds from now.
    private void fail(String what, Throwable cause) {
        StasisException failed =
                cause instanceof StasisException typed
                        ? typed
                        : new StasisException(
                                ErrorCode.IO_FAILED, what + ": the command was killed", cause);
        if (failure.compareAndSet(null, failed)) {
            CompletableFuture.delayedExecutor(END_AFTER_KILL_SECONDS, TimeUnit.SECONDS)
                    .execute(() -> ended.completeExceptionally(failed));
            link.send(killing());
        }
    }

    private static ByteBuffer expect(Frame frame, ByteBuffer payload, int length)
            throws ProtocolViolation {
        if (payload.remaining() != length) {
            throw new ProtocolViolation("a wrong length: " + frame);
        }
        return payload;
    }
}
