package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis restart`.
@Command(name = "restart", description = "Stops sandboxes and starts them again from their disks.")
final class RestartCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    RestartCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::restart);
    }

    private void restart(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            sandbox.restart();
        }
    }
}
