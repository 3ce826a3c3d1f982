package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis resume`.
@Command(name = "resume", description = "Lets paused sandboxes go on exactly where they stood.")
final class ResumeCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    ResumeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, names, format, this::resume);
    }

    private void resume(String name) {
        try (var sandbox = Lookup.sandbox(session, name)) {
            sandbox.resume();
        }
    }
}
