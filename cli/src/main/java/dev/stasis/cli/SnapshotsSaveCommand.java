package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis snapshots save`.
@Command(
        name = "save",
        description =
                "Keeps a snapshot under a name, beyond the life of its source and over a loss of"
                        + " power.")
final class SnapshotsSaveCommand implements Callable<Integer> {
    private final Session session;

    @Mixin SaveOptions saving = new SaveOptions();

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its id, or a name of it.")
    String snapshot = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "The name.")
    String name = "";

    SnapshotsSaveCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var saved = Lookup.snapshot(session, snapshot).saveNamed(name, saving::applyTo);
        format.print(session, () -> Fields.of(saved.info()), name);
        return 0;
    }
}
