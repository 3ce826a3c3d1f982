package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ExecBuilder;
import dev.stasis.ExecEvent;
import dev.stasis.ExecHandle;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecResult;
import dev.stasis.ExecSettings;
import dev.stasis.StasisException;
import dev.stasis.TerminalSize;
import dev.stasis.guest.Command;
import dev.stasis.guest.CommandEnd;
import dev.stasis.guest.Feature;
import dev.stasis.guest.GuestCommand;
import dev.stasis.guest.OutputBuffer;
import dev.stasis.guest.OutputQueue;
import dev.stasis.guest.RunningCommand;
import dev.stasis.guest.SharedLane;
import dev.stasis.guest.Stdin;
import dev.stasis.store.SandboxRecord;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A command whose output is taken from a queue. A thread of its own waits for its end, keeps its
/// timeout and gives its lane back.
final class LocalExec implements ExecHandle {
    static final Duration FOR_EVER = Duration.ofDays(3650);
    private static final Duration AFTER_KILL = Duration.ofSeconds(10);
    private static final Duration LETTING_GO = Duration.ofSeconds(15);

    private final Place place;
    private final SandboxRecord begun;
    private final Facts facts;
    private final SharedLane.Use use;
    private final OutputQueue queue;
    private final CompletableFuture<ExecOutcome> outcome = new CompletableFuture<>();
    private final ReentrantLock taking = new ReentrantLock();
    private final ArrayDeque<ExecEvent> first = new ArrayDeque<>(); // guarded by taking
    private boolean over; // guarded by taking: the last event was taken
    private @Nullable RunningCommand running;

    /// @param use closed when the command has ended or is let go
    LocalExec(
            Place place,
            SandboxRecord begun,
            Command command,
            ExecSettings settings,
            SharedLane.Use use,
            OutputQueue queue) {
        this(
                place,
                begun,
                new Facts(
                        Objects.requireNonNull(command.extras().id()),
                        command.arguments(),
                        settings.timeout(),
                        settings.outputLimit(),
                        settings.mode().life() != ExecSettings.Life.FOREGROUND,
                        command.stdin() instanceof Stdin.Piped,
                        settings.mode().terminal().isPresent()),
                use,
                queue);
    }

    private LocalExec(
            Place place, SandboxRecord begun, Facts facts, SharedLane.Use use, OutputQueue queue) {
        this.place = place;
        this.begun = begun;
        this.facts = facts;
        this.use = use;
        this.queue = queue;
    }

    /// A command that was there before.
    static LocalExec attached(
            Place place,
            SandboxRecord begun,
            GuestCommand command,
            SharedLane.Use use,
            OutputQueue queue) {
        var facts =
                new Facts(
                        command.id(),
                        command.words(),
                        Optional.empty(),
                        ExecBuilder.DEFAULT_OUTPUT_LIMIT,
                        true,
                        true,
                        command.hold().terminal());
        return new LocalExec(place, begun, facts, use, queue);
    }

    /// What it was started with.
    private record Facts(
            String id,
            List<String> command,
            Optional<Duration> timeout,
            ByteSize outputLimit,
            boolean background,
            boolean openStdin,
            boolean terminal) {}

    /// Called once, before anybody else has this.
    void notStarted(ExecOutcome refused) {
        use.close();
        outcome.complete(refused);
    }

    /// Called once, before anybody else has this.
    void runs(RunningCommand command) {
        running = command;
        first.add(new ExecEvent.Started(command.pid()));
        if (command.skipped() > 0) {
            first.add(new ExecEvent.Skipped(command.skipped()));
        }
        Thread.ofVirtual().name("exec-" + facts.id).start(() -> attend(command));
    }

    private void attend(RunningCommand command) {
        try (use) {
            outcome.complete(end(command));
        } catch (StasisException e) {
            outcome.completeExceptionally(new Power(place).explained(e, begun));
        }
    }

    private ExecOutcome end(RunningCommand command) {
        // The agent keeps the timeout of one in the background, since nobody may be here then.
        var longest = facts.background ? FOR_EVER : facts.timeout.orElse(FOR_EVER);
        var end = command.awaitExit(longest);
        if (end instanceof CommandEnd.StillRunning(Duration waited, String _)) {
            command.kill();
            // Its end is told once its output was taken, which may never be.
            command.awaitExit(AFTER_KILL);
            return new ExecOutcome.TimedOut(waited);
        }
        return CommandFacts.outcome(end, facts.timeout);
    }

    @Override
    public String id() {
        return facts.id;
    }

    @Override
    public Optional<ExecEvent> next() {
        return next(FOR_EVER);
    }

    @Override
    public Optional<ExecEvent> next(Duration longest) {
        var bounded = longest.compareTo(FOR_EVER) < 0 ? longest : FOR_EVER;
        long end = System.nanoTime() + bounded.toNanos();
        taking.lock();
        try {
            if (over) {
                return Optional.empty();
            }
            if (!first.isEmpty()) {
                return Optional.of(first.poll());
            }
            var piece = queue.take(left(end));
            if (piece.isPresent()) {
                return piece.map(LocalExec::event);
            }
            var exited = new ExecEvent.Exited(outcome(left(end)));
            over = true;
            return Optional.of(exited);
        } catch (TimeoutException e) {
            throw nothingHappened(longest);
        } finally {
            taking.unlock();
        }
    }

    private static Duration left(long end) {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    private static ExecEvent event(OutputQueue.Piece piece) {
        return switch (piece.channel()) {
            case STDOUT -> new ExecEvent.Stdout(piece.bytes());
            case STDERR -> new ExecEvent.Stderr(piece.bytes());
        };
    }

    private StasisException nothingHappened(Duration longest) {
        return new StasisException(
                ErrorCode.DEADLINE_EXCEEDED,
                "Nothing happened to command %s of sandbox %s within %s: wait longer, or kill it"
                        .formatted(facts.id, place.name(), longest));
    }

    private ExecOutcome outcome(Duration longest) throws TimeoutException {
        try {
            return outcome.get(longest.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED, "Waiting for a command's end was interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StasisException failure) {
                throw new StasisException(
                        failure.code(), String.valueOf(failure.getMessage()), failure);
            }
            throw new StasisException(
                    ErrorCode.INTERNAL, "Waiting for a command's end failed", e.getCause());
        }
    }

    @Override
    public ExecOutcome await() {
        while (next().isPresent()) {
            // What it wrote is dropped.
        }
        return outcome.join();
    }

    @Override
    public ExecResult collect() {
        var stdout = new OutputBuffer("stdout", facts.outputLimit);
        var stderr = new OutputBuffer("stderr", facts.outputLimit);
        try {
            for (var event = next(); event.isPresent(); event = next()) {
                switch (event.get()) {
                    case ExecEvent.Stdout(var bytes) -> stdout.write(bytes, 0, bytes.length);
                    case ExecEvent.Stderr(var bytes) -> stderr.write(bytes, 0, bytes.length);
                    case ExecEvent.Started _, ExecEvent.Skipped _, ExecEvent.Exited _ -> {}
                }
            }
        } catch (StasisException e) {
            if (e.code() == ErrorCode.OUTPUT_TOO_LARGE) {
                kill();
            }
            throw e;
        }
        return new ExecResult(facts.command, outcome.join(), stdout.bytes(), stderr.bytes());
    }

    @Override
    public OutputStream stdin() {
        if (running == null || !facts.openStdin) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Command %s has no standard input that can be written to: start it with openStdin"
                            .formatted(facts.id));
        }
        return running.stdin();
    }

    @Override
    public void signal(int signal) {
        if (running != null) {
            running.signal(signal);
        }
    }

    @Override
    public void kill() {
        if (running != null) {
            running.kill();
        }
    }

    @Override
    public void resize(TerminalSize size) {
        if (!facts.terminal) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Command %s has no terminal whose size could change".formatted(facts.id));
        }
        if (running != null) {
            running.resize(new Command.Terminal(size.rows(), size.columns()));
        }
    }

    @Override
    public void detach() {
        if (running == null || outcome.isDone()) {
            return;
        }
        use.connection().require(Feature.KEPT);
        running.detach();
        settle();
    }

    @Override
    public void close() {
        if (running == null || outcome.isDone()) {
            return;
        }
        try {
            if (facts.background) {
                running.detach();
            } else {
                running.kill();
                drop();
            }
            settle();
        } catch (StasisException e) {
            use.close(); // the connection ended: so did the hold on the command
        }
    }

    /// Lets the agent send what is left, which it does before it tells of the end.
    private void drop() {
        Thread.ofVirtual()
                .name("exec-drop-" + facts.id)
                .start(() -> {
                    try {
                        while (queue.take(AFTER_KILL).isPresent()) {
                            // dropped
                        }
                    } catch (TimeoutException | StasisException e) {
                        System.getLogger(LocalExec.class.getName())
                                .log(System.Logger.Level.DEBUG, "output left of " + facts.id, e);
                    }
                });
    }

    /// Waits until the agent has said what became of it.
    private void settle() {
        try {
            outcome(LETTING_GO);
        } catch (TimeoutException e) {
            throw nothingHappened(LETTING_GO);
        } catch (StasisException e) {
            if (e.code() != ErrorCode.WRONG_STATE) {
                throw e;
            }
        }
    }
}
