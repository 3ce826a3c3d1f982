package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.ExecBuilder;
import dev.stasis.ExecEvent;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import dev.stasis.TerminalSize;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis exec`.
@Command(
        name = "exec",
        description =
                "Runs a command in a sandbox with this terminal's input and output. The exit code"
                        + " is the command's: 124 after its timeout, 126 or 127 when it could not be"
                        + " started, 128 + N after signal N.")
final class ExecCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME=VALUE",
            description = "A variable for this command. Repeatable.")
    Map<String, String> env = new LinkedHashMap<>();

    @Option(
            names = "--unset-env",
            paramLabel = "NAME",
            description = "Takes a variable of the sandbox's away. Repeatable; goes over --env.")
    List<String> unsetEnv = List.of();

    @Mixin WhereOptions where = new WhereOptions();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description =
                    "Kills the command with all it started after this time, such as 500ms, 30s, 5m"
                            + " or 1h; never unless said.")
    @Nullable Duration timeout;

    @Option(
            names = "--ulimit",
            paramLabel = "NAME=SOFT[:HARD]",
            converter = UlimitConverter.class,
            description =
                    "Limits what each of its processes may use, such as nofile=1024. Repeatable.")
    List<UlimitConverter.Ulimit> limits = List.of();

    @Option(
            names = {"-t", "--tty"},
            description = "Gives the command this terminal in place of three streams.")
    boolean terminal;

    @Option(
            names = {"-d", "--detach"},
            description =
                    "Lets the command run in the background and prints its id, for 'stasis"
                            + " attach'.")
    boolean detach;

    @Option(
            names = "--detach-keys",
            paramLabel = "KEYS",
            defaultValue = DetachKeys.USUAL,
            converter = DetachKeys.Converter.class,
            description =
                    "With -t, the keys that let the command go: ${DEFAULT-VALUE}; '' for none.")
    List<Byte> detachKeys = List.of();

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "CMD",
            description = "The program and its arguments; write -- before it.")
    List<String> command = List.of();

    ExecCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (terminal && !detach && !session.terminal().inIsTerminal()) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE, "Standard input is no terminal: leave -t out");
        }
        try (var sandbox = Lookup.sandbox(session, name)) {
            if (detach) {
                return inBackground(sandbox);
            }
            if (terminal) {
                return new TerminalCommand(session, name, detachKeys)
                        .run(size -> sandbox.execStream(builder -> onTerminal(builder, size)));
            }
            return new StreamedCommand(session.terminal()).run(sandbox, command, this::apply);
        }
    }

    private int inBackground(Sandbox sandbox) {
        var words = StreamedCommand.withoutDelimiter(command);
        try (var handle =
                sandbox.execStream(builder -> {
                    builder.command(words).detached();
                    if (terminal) {
                        builder.terminal(TerminalSize.USUAL);
                    }
                    apply(builder);
                })) {
            return switch (handle.next().orElseThrow()) {
                case ExecEvent.Exited(var outcome) -> {
                    new StreamedCommand(session.terminal()).explain(words, outcome);
                    yield outcome.exitCode();
                }
                case ExecEvent _ -> {
                    session.print(handle.id());
                    yield 0;
                }
            };
        }
    }

    private void onTerminal(ExecBuilder builder, TerminalSize size) {
        builder.command(StreamedCommand.withoutDelimiter(command)).noTimeout().terminal(size);
        session.terminal().type().ifPresent(type -> builder.env("TERM", type));
        apply(builder);
    }

    private void apply(ExecBuilder builder) {
        env.forEach(builder::env);
        limits.forEach(limit -> builder.rlimit(limit.resource(), limit.bounds()));
        unsetEnv.forEach(builder::unsetEnv);
        where.applyTo(builder);
        if (timeout != null) {
            builder.timeout(timeout);
        }
    }
}
