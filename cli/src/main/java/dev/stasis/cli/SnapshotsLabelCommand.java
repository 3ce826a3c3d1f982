package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis snapshots label`.
@Command(
        name = "label",
        description = "Changes the labels of a snapshot: KEY=VALUE sets one, KEY- removes one.")
final class SnapshotsLabelCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its name or its id.")
    String snapshot = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "KEY=VALUE|KEY-",
            description = "What to change.")
    List<String> changes = List.of();

    SnapshotsLabelCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var labelled = Lookup.snapshot(session, snapshot);
        labelled.relabel(labels -> changes.forEach(change -> LabelChange.apply(change, labels)));
        format.print(session, () -> Fields.of(labelled.info()), snapshot);
        return 0;
    }
}
