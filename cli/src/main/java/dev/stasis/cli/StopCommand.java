package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis stop`.
@Command(
        name = "stop",
        description =
                "Ends the machines of sandboxes: asked first, killed after ten seconds. Disks and snapshots are kept.")
final class StopCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    StopCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::stop);
    }

    private void stop(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            sandbox.stop();
        }
    }
}
