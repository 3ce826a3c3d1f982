package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.LabelsBuilder;
import dev.stasis.StasisException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `stasis snapshots label`.
@Command(
        name = "label",
        description = "Changes the labels of a snapshot: KEY=VALUE sets one, KEY- removes one.")
final class SnapshotsLabelCommand implements Callable<Integer> {
    private final Session session;

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
        Lookup.snapshot(session, snapshot)
                .relabel(labels -> changes.forEach(change -> apply(change, labels)));
        session.print(snapshot);
        return 0;
    }

    private static void apply(String change, LabelsBuilder labels) {
        int equals = change.indexOf('=');
        if (equals > 0) {
            labels.set(change.substring(0, equals), change.substring(equals + 1));
        } else if (equals < 0 && change.length() > 1 && change.endsWith("-")) {
            labels.remove(change.substring(0, change.length() - 1));
        } else {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'%s' changes no label: write KEY=VALUE to set one, KEY- to remove one"
                            .formatted(change));
        }
    }
}
