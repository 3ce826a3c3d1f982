package dev.stasis.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis wait`.
@Command(
        name = "wait",
        description = "Waits until sandboxes have no machine any more; each name is printed then.")
final class WaitCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "How long to wait for each, such as 30s or 5m; without it, a year.")
    Duration timeout = Duration.ofDays(365);

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    WaitCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::await);
    }

    private void await(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            var _ = sandbox.awaitEnd(timeout);
        }
    }
}
