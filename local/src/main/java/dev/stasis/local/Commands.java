package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecResult;
import dev.stasis.ExecSettings;
import dev.stasis.Rlimit;
import dev.stasis.StasisException;
import dev.stasis.guest.AgentConnection;
import dev.stasis.guest.Command;
import dev.stasis.guest.CommandEnd;
import dev.stasis.guest.CommandNotStarted;
import dev.stasis.guest.GuestCommand;
import dev.stasis.guest.GuestCommands;
import dev.stasis.guest.OutputBuffer;
import dev.stasis.guest.OutputQueue;
import dev.stasis.guest.OutputSink;
import dev.stasis.guest.OutputSinks;
import dev.stasis.guest.RunningCommand;
import dev.stasis.guest.SharedLane;
import dev.stasis.guest.Stdin;
import dev.stasis.store.Ids;
import dev.stasis.store.SandboxRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// Runs commands in one sandbox, over a lane that is held only while one runs.
final class Commands implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(60);
    private static final Duration AFTER_KILL = Duration.ofSeconds(10);

    /// An agent notices that a host is gone after five seconds at the latest.
    private static final Duration TAKEN = Duration.ofSeconds(6);

    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    private final Place place;
    private final SharedLane lane;

    Commands(Place place) {
        this.place = place;
        this.lane = new SharedLane(place.lanes());
    }

    ExecResult run(ExecSettings settings) {
        if (settings.mode().openStdin() || settings.mode().life() != ExecSettings.Life.FOREGROUND) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A command that is waited for can't be in the background or have its input"
                            + " open: use execStream");
        }
        var command = command(settings);
        var streams = settings.streams();
        var stdout = new OutputBuffer("stdout", settings.outputLimit());
        var stderr = new OutputBuffer("stderr", settings.outputLimit());
        var sinks =
                new OutputSinks(
                        streams.stdout().map(OutputSink::to).orElse(stdout),
                        streams.stderr().map(OutputSink::to).orElse(stderr));
        try (var use = lane.use(CONNECT)) {
            var outcome =
                    switch (use.connection().start(command, sinks)) {
                        case CommandNotStarted refused -> notStarted(refused, command);
                        case RunningCommand running -> await(running, settings);
                    };
            return new ExecResult(command.arguments(), outcome, stdout.bytes(), stderr.bytes());
        }
    }

    /// @param begun the sandbox's record now
    LocalExec stream(ExecSettings settings, SandboxRecord begun) {
        var streams = settings.streams();
        if (streams.stdout().isPresent() || streams.stderr().isPresent()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A command whose output comes as events can't have streams for it: give none");
        }
        if (settings.mode().openStdin() && streams.stdin().isPresent()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A command has one standard input: give a stream or bytes, or openStdin");
        }
        var command = command(settings);
        var queue = new OutputQueue();
        var use = lane.use(CONNECT);
        boolean kept = false;
        try {
            var started = use.connection().start(command, queue);
            var handle = new LocalExec(place, begun, command, settings, use, queue);
            switch (started) {
                case CommandNotStarted refused -> handle.notStarted(notStarted(refused, command));
                case RunningCommand running -> handle.runs(running);
            }
            kept = true;
            return handle;
        } finally {
            if (!kept) {
                use.close();
            }
        }
    }

    List<ExecInfo> list() {
        try (var use = lane.use(CONNECT)) {
            return new GuestCommands(use.connection())
                    .list().stream().map(CommandFacts::of).toList();
        }
    }

    /// @param begun the sandbox's record now
    LocalExec attach(String id, SandboxRecord begun) {
        long end = System.nanoTime() + TAKEN.toNanos();
        var use = lane.use(CONNECT);
        boolean kept = false;
        try {
            var known = find(id, use.connection());
            while (true) {
                var queue = new OutputQueue();
                switch (use.connection().attach(id, Stdin.piped(), queue)) {
                    case RunningCommand running -> {
                        var handle = LocalExec.attached(place, begun, known, use, queue);
                        handle.runs(running);
                        kept = true;
                        return handle;
                    }
                    case CommandNotStarted refused -> {
                        if (!refused.isTaken()) {
                            throw unknown(id);
                        }
                        if (System.nanoTime() > end) {
                            throw taken(id);
                        }
                    }
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } finally {
            if (!kept) {
                use.close();
            }
        }
    }

    private GuestCommand find(String id, AgentConnection connection) {
        return new GuestCommands(connection)
                .list().stream()
                        .filter(command -> command.id().equals(id))
                        .findFirst()
                        .orElseThrow(() -> unknown(id));
    }

    private StasisException taken(String id) {
        return new StasisException(
                ErrorCode.BUSY,
                "Somebody is attached to command %s of sandbox %s: it can be attached to again once they let it go"
                        .formatted(id, place.name()));
    }

    private StasisException unknown(String id) {
        return new StasisException(
                ErrorCode.INVALID_ARGUMENT,
                "Sandbox %s has no command %s to attach to: list those it has"
                        .formatted(place.name(), id));
    }

    private Command command(ExecSettings settings) {
        var mode = settings.mode();
        var command = ImageProgram.of(place.name(), place.record().setup()).command(settings);
        var extras =
                new Command.Extras(
                        Ids.next(),
                        life(mode.life()),
                        mode.life() == ExecSettings.Life.FOREGROUND
                                ? null
                                : settings.timeout().orElse(null),
                        mode.limits().entrySet().stream().map(Commands::limit).toList(),
                        mode.terminal()
                                .map(size -> new Command.Terminal(size.rows(), size.columns()))
                                .orElse(null));
        var complete = command.withExtras(extras);
        return mode.terminal().isPresent()
                ? complete.withEnv(CommandFacts.withTerm(command.env()))
                : complete;
    }

    private static Command.Life life(ExecSettings.Life life) {
        return switch (life) {
            case FOREGROUND -> Command.Life.WITH_HOST;
            case BACKGROUND -> Command.Life.KEPT;
            case DETACHED -> Command.Life.APART;
        };
    }

    private static Command.Limit limit(Map.Entry<Rlimit, Rlimit.Bounds> limit) {
        var bounds = limit.getValue();
        return new Command.Limit(limit.getKey().number(), bounds.soft(), bounds.hard());
    }

    private ExecOutcome notStarted(CommandNotStarted refused, Command command) {
        if (refused.step() == CommandNotStarted.Step.FROZEN) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox "
                            + place.name()
                            + " is about to stand still and starts no command: resume it first");
        }
        return CommandFacts.notStarted(refused, command);
    }

    private static ExecOutcome await(RunningCommand running, ExecSettings settings) {
        var end = running.awaitExit(settings.timeout().orElse(LocalExec.FOR_EVER));
        if (end instanceof CommandEnd.StillRunning(Duration waited, String _)) {
            running.kill();
            running.awaitExit(AFTER_KILL); // so that what it had written by then is in the result
            return new ExecOutcome.TimedOut(waited);
        }
        return CommandFacts.outcome(end, settings.timeout());
    }

    @Override
    public void close() {
        lane.close();
    }
}
