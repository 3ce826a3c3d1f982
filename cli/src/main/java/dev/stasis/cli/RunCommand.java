package dev.stasis.cli;

import dev.stasis.Sandbox;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis run`.
@Command(
        name = "run",
        description =
                "Makes a sandbox, runs one command in it with this terminal's input and output, and"
                        + " removes the sandbox. The exit code is the command's.")
final class RunCommand implements Callable<Integer> {
    private final Session session;

    @Mixin SandboxOptions options = new SandboxOptions();

    @Parameters(
            arity = "1..*",
            paramLabel = "CMD",
            description = "The program and its arguments; write -- before it.")
    List<String> command = List.of();

    RunCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (Sandbox sandbox = CreateCommand.create(session, options, _ -> {})) {
            return new StreamedCommand(session.terminal()).run(sandbox, command, _ -> {});
        }
    }
}
