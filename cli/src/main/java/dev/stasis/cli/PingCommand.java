package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis ping`.
@Command(
        name = "ping",
        description =
                "Asks the agents of running sandboxes for a sign of life; each name is printed that answers.")
final class PingCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    PingCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::ping);
    }

    private void ping(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            var _ = sandbox.ping();
        }
    }
}
