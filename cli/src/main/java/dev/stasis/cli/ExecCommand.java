package dev.stasis.cli;

import dev.stasis.ExecBuilder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis exec`.
@Command(
        name = "exec",
        description =
                "Runs a command in a sandbox with this terminal's input and output. The exit code is"
                        + " the command's: 124 after its timeout, 126 or 127 when it could not be"
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

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "The working folder; the image's unless said otherwise, or else /.")
    @Nullable String folder;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description =
                    "The user, by name or number; the image's unless said otherwise, or else root.")
    @Nullable String user;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description =
                    "Kills the command with all it started after this time, such as 500ms, 30s, 5m"
                            + " or 1h; never unless said.")
    @Nullable Duration timeout;

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
        try (var sandbox = Lookup.sandbox(session, name)) {
            return new StreamedCommand(session.terminal()).run(sandbox, command, this::apply);
        }
    }

    private void apply(ExecBuilder builder) {
        env.forEach(builder::env);
        unsetEnv.forEach(builder::unsetEnv);
        if (folder != null) {
            builder.folder(folder);
        }
        if (user != null) {
            builder.user(user);
        }
        if (timeout != null) {
            builder.timeout(timeout);
        }
    }
}
