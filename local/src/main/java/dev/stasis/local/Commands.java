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
        var command = ImageProgram.of(place.name(), place.record().setup()).command(settings);
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

    private ExecOutcome notStarted(CommandNotStarted refused, Command command) {
        if (refused.step() == CommandNotStarted.Step.FROZEN) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "Sandbox "
                            + place.name()
                            + " is about to stand still and starts no command: resume it first");
        }
        String what =
                switch (refused.step()) {
                    case FOLDER -> "working folder " + command.folder();
                    case USER -> "user " + command.user();
                    case EXECUTE -> command.arguments().getFirst();
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
