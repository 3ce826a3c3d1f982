package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis pause`.
@Command(name = "pause", description = "Lets sandboxes stand still until they are resumed.")
final class PauseCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    PauseCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::pause);
    }

    private void pause(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            sandbox.pause();
        }
    }
}
