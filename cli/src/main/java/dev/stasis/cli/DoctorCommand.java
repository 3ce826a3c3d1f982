package dev.stasis.cli;

import dev.stasis.Diagnosis;
import dev.stasis.ErrorCode;
import dev.stasis.cli.Table.Cell;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `stasis doctor`.
@Command(
        name = "doctor",
        description =
                "Looks at all that Stasis needs on this computer and says what to do. Ends with 11"
                        + " when something is missing.")
final class DoctorCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    DoctorCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var found = session.stasis().diagnose();
        var wrong =
                found.stream()
                        .filter(each -> each.verdict() != Diagnosis.Verdict.OK)
                        .map(Diagnosis::subject)
                        .toList();
        if (!format.printed(session, () -> found.stream().map(Fields::of).toList(), wrong)) {
            var table = new Table();
            found.forEach(diagnosis -> rows(table, diagnosis));
            table.lines(session.terminal().colours()).forEach(session::print);
        }
        boolean failed =
                found.stream().anyMatch(each -> each.verdict() == Diagnosis.Verdict.FAILED);
        return failed ? ErrorCode.PROGRAM_MISSING.category().exitCode() : 0;
    }

    private static void rows(Table table, Diagnosis diagnosis) {
        table.row(
                List.of(
                        verdict(diagnosis.verdict()),
                        Cell.plain(diagnosis.subject()),
                        Cell.plain(diagnosis.found())));
        if (!diagnosis.advice().isEmpty()) {
            table.row("", "", "-> " + diagnosis.advice());
        }
    }

    private static Cell verdict(Diagnosis.Verdict verdict) {
        int colour =
                switch (verdict) {
                    case OK -> Cell.GREEN;
                    case NOTICE -> Cell.YELLOW;
                    case FAILED -> Cell.RED;
                };
        return new Cell(Fields.word(verdict), colour);
    }
}
