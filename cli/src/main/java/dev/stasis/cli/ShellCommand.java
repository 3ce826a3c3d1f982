package dev.stasis.cli;

import dev.stasis.ExecBuilder;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis shell`.
@Command(
        name = "shell",
        description =
                "A shell in a sandbox on this terminal: bash if it has one, else sh. Where standard"
                        + " input is no terminal, the shell reads its commands from there.")
final class ShellCommand implements Callable<Integer> {
    private static final String SHELL =
            "if command -v bash >/dev/null; then exec bash; else exec sh; fi";

    private final Session session;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description =
                    "The user, by name or number; the image's unless said otherwise, or else root.")
    @Nullable String user;

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "The working folder; the image's unless said otherwise, or else /.")
    @Nullable String folder;

    @Option(
            names = "--detach-keys",
            paramLabel = "KEYS",
            defaultValue = DetachKeys.USUAL,
            converter = DetachKeys.Converter.class,
            description = "The keys that let the shell go: ${DEFAULT-VALUE}; '' for none.")
    List<Byte> detachKeys = List.of();

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    ShellCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (var sandbox = Lookup.sandbox(session, name)) {
            if (!session.terminal().inIsTerminal()) {
                return new StreamedCommand(session.terminal())
                        .run(sandbox, List.of("/bin/sh", "-c", SHELL), this::apply);
            }
            return new TerminalCommand(session, name, detachKeys)
                    .run(size ->
                            sandbox.execStream(builder -> {
                                builder.shell(SHELL).noTimeout().terminal(size);
                                session.terminal().type().ifPresent(t -> builder.env("TERM", t));
                                apply(builder);
                            }));
        }
    }

    private void apply(ExecBuilder builder) {
        if (folder != null) {
            builder.folder(folder);
        }
        if (user != null) {
            builder.user(user);
        }
    }
}
