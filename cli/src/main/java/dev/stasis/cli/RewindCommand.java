package dev.stasis.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis rewind`.
@Command(
        name = "rewind",
        description =
                "Puts a sandbox back to a snapshot of its line: one of its own, the one that it was"
                        + " restored from, or one before that. It keeps its name, id and variables,"
                        + " and runs afterwards. Prints its name.")
final class RewindCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--keep",
            paramLabel = "NAME",
            description =
                    "Keeps the state that the sandbox leaves as a snapshot of this name. Without it,"
                            + " that state is lost.")
    @Nullable String keep;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "SANDBOX", description = "The sandbox.")
    String sandboxName = "";

    @Parameters(index = "1", paramLabel = "SNAPSHOT", description = "Its name or its id.")
    String snapshotName = "";

    RewindCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (var sandbox = Lookup.sandbox(session, sandboxName)) {
            var snapshot = Lookup.snapshot(session, snapshotName);
            if (keep == null) {
                sandbox.rewind(snapshot);
            } else {
                sandbox.rewind(snapshot, keep);
            }
            format.print(session, () -> Fields.of(sandbox.info()), sandbox.name());
        }
        return 0;
    }
}
