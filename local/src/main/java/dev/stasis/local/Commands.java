package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.ExecOutcome;
import dev.stasis.ExecResult;
import dev.stasis.ExecSettings;
import dev.stasis.StasisException;
import dev.stasis.guest.Command;
import dev.stasis.guest.CommandEnd;
import dev.stasis.guest.CommandNotStarted;
import dev.stasis.guest.OutputBuffer;
import dev.stasis.guest.OutputSink;
import dev.stasis.guest.OutputSinks;
import dev.stasis.guest.RunningCommand;
import dev.stasis.guest.SharedLane;
import dev.stasis.guest.Stdin;
import java.time.Duration;

/// Runs commands in one sandbox, over a lane that is held only while one runs.
final class Commands implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(60);
    private static final Duration AFTER_KILL = Duration.ofSeconds(10);
    private static final Duration FOR_EVER = Duration.ofDays(365_000);

    private final Place place;
    private final SharedLane lane;

    Commands(Place place) {
        this.place = place;
        this.lane = new SharedLane(place.lanes());
    }

    ExecResult run(ExecSettings settings) {
        if (settings.start().program() == ExecSettings.Program.OF_IMAGE) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "The image of sandbox "
                            + place.name()
                            + " has no program of its own: say which command to run");
        }
        var streams = settings.streams();
        var stdout = new OutputBuffer("stdout", settings.outputLimit());
        var stderr = new OutputBuffer("stderr", settings.outputLimit());
        var sinks =
                new OutputSinks(
                        streams.stdout().map(OutputSink::to).orElse(stdout),
                        streams.stderr().map(OutputSink::to).orElse(stderr));
        var command =
                new Command(
                        settings.command(),
                        settings.env(),
                        settings.start().folder().orElse("/"),
                        false,
                        settings.start().user().orElse(null),
                        streams.stdin().map(Stdin::from).orElseGet(Stdin::none));
        try (var use = lane.use(CONNECT)) {
            var outcome =
                    switch (use.connection().start(command, sinks)) {
                        case CommandNotStarted refused -> notStarted(refused, settings);
                        case RunningCommand running -> await(running, settings);
                    };
            return new ExecResult(settings.command(), outcome, stdout.bytes(), stderr.bytes());
        }
    }

    private ExecOutcome notStarted(CommandNotStarted refused, ExecSettings settings) {
        if (refused.step() == CommandNotStarted.Step.FROZEN) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox "
                            + place.name()
                            + " is about to stand still and starts no command: resume it first");
        }
        String what =
                switch (refused.step()) {
                    case FOLDER -> "working folder " + settings.start().folder().orElse("/");
                    case USER -> "user " + settings.start().user().orElse("root");
                    case EXECUTE -> settings.command().getFirst();
                    case LIMITS, FORK, BAD_REQUEST, FROZEN -> refused.step().toString();
                };
        return new ExecOutcome.NotStarted(refused.exitCode(), what + ": " + refused.reason());
    }

    private static ExecOutcome await(RunningCommand running, ExecSettings settings) {
        return switch (running.awaitExit(settings.timeout().orElse(FOR_EVER))) {
            case CommandEnd.Exited(int code) -> new ExecOutcome.Exited(code);
            case CommandEnd.Signaled(int signal) -> new ExecOutcome.Signaled(signal);
            case CommandEnd.StillRunning(Duration waited, String _) -> {
                running.kill();
                running.awaitExit(
                        AFTER_KILL); // so that what it had written by then is in the result
                yield new ExecOutcome.TimedOut(waited);
            }
        };
    }

    @Override
    public void close() {
        lane.close();
    }
}
