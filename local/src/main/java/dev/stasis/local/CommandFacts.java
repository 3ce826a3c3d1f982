package dev.stasis.local;

import dev.stasis.Environment;
import dev.stasis.ErrorCode;
import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import dev.stasis.StasisException;
import dev.stasis.guest.Command;
import dev.stasis.guest.CommandEnd;
import dev.stasis.guest.CommandNotStarted;
import dev.stasis.guest.GuestCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Optional;

/// What a guest says about commands, in the words of the API.
final class CommandFacts {
    private static final String TERM = "TERM";
    private static final String USUAL_TERM = "xterm-256color";

    private CommandFacts() {}

    static ExecInfo of(GuestCommand command) {
        var hold = command.hold();
        boolean ended = !(command.end() instanceof GuestCommand.Running);
        return new ExecInfo(
                command.id(),
                command.words(),
                command.pid(),
                command.began(),
                ended ? Optional.of(command.ended()) : Optional.<Instant>empty(),
                outcome(command.end()),
                hold.kept(),
                hold.attached(),
                hold.terminal());
    }

    private static Optional<ExecOutcome> outcome(GuestCommand.End end) {
        return switch (end) {
            case GuestCommand.Running() -> Optional.empty();
            case GuestCommand.Ended(var how) -> Optional.of(outcome(how, Optional.empty()));
            case GuestCommand.NotExecuted(int errno) -> {
                var step = CommandNotStarted.Step.EXECUTE;
                var refused = new CommandNotStarted(errno, step, "errno " + errno);
                yield Optional.of(new ExecOutcome.NotStarted(failure(refused), "errno " + errno));
            }
        };
    }

    /// @param timeout what it was given, where the agent keeps that
    static ExecOutcome outcome(CommandEnd end, Optional<Duration> timeout) {
        return switch (end) {
            case CommandEnd.Exited(int code) -> new ExecOutcome.Exited(code);
            case CommandEnd.Signaled(int signal) -> new ExecOutcome.Signaled(signal);
            case CommandEnd.OutOfMemory() -> new ExecOutcome.OutOfMemory();
            case CommandEnd.TimedOut() -> new ExecOutcome.TimedOut(timeout.orElse(Duration.ZERO));
            case CommandEnd.Detached() ->
                    throw new StasisException(
                            ErrorCode.WRONG_STATE,
                            "The command was let go: attach to it again to learn how it ends");
            case CommandEnd.StillRunning(var _, String state) ->
                    throw new StasisException(
                            ErrorCode.INTERNAL, "A command that is " + state + " has no outcome");
        };
    }

    static ExecOutcome notStarted(CommandNotStarted refused, Command command) {
        String what =
                switch (refused.step()) {
                    case FOLDER -> "working folder " + command.folder();
                    case USER -> "user " + command.user();
                    case EXECUTE -> command.arguments().getFirst();
                    case LIMITS, FORK, BAD_REQUEST, FROZEN -> refused.step().toString();
                };
        return new ExecOutcome.NotStarted(failure(refused), what + ": " + refused.reason());
    }

    private static ExecOutcome.Failure failure(CommandNotStarted refused) {
        if (refused.isProgramMissing()) {
            return ExecOutcome.Failure.PROGRAM_NOT_FOUND;
        }
        if (refused.isNotExecutable()) {
            return ExecOutcome.Failure.NOT_EXECUTABLE;
        }
        return switch (refused.step()) {
            case FOLDER -> ExecOutcome.Failure.BAD_FOLDER;
            case USER -> ExecOutcome.Failure.NO_SUCH_USER;
            case LIMITS, FORK, EXECUTE, BAD_REQUEST, FROZEN ->
                    refused.isOutOfMemory()
                            ? ExecOutcome.Failure.OUT_OF_MEMORY
                            : ExecOutcome.Failure.OTHER;
        };
    }

    /// A terminal has a type.
    static Environment withTerm(Environment env) {
        if (env.variables().containsKey(TERM) || env.unset().contains(TERM)) {
            return env;
        }
        var variables = new HashMap<>(env.variables());
        variables.put(TERM, USUAL_TERM);
        return new Environment(variables, env.unset());
    }
}
