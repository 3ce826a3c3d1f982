package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis start`.
@Command(
        name = "start",
        description =
                "Starts sandboxes that have no machine from their disks: boots them with their settings, under the same names. What was in their memory is lost.")
final class StartCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    StartCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::start);
    }

    private void start(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            sandbox.start();
        }
    }
}
