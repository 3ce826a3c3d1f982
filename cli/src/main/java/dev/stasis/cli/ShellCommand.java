package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin WhereOptions where = new WhereOptions();

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
                        .run(sandbox, List.of("/bin/sh", "-c", SHELL), where::applyTo);
            }
            return new TerminalCommand(session, name, detachKeys)
                    .run(size ->
                            sandbox.execStream(builder -> {
                                builder.shell(SHELL).noTimeout().terminal(size);
                                session.terminal().type().ifPresent(t -> builder.env("TERM", t));
                                where.applyTo(builder);
                            }));
        }
    }
}
