package dev.stasis.cli;

import dev.stasis.ForkOutcome;
import dev.stasis.cli.Table.Cell;
import java.util.List;

/// What became of several forks.
final class ForkReport {
    private ForkReport() {}

    /// Prints the outcomes.
    ///
    /// @return 0, or the highest exit code of the forks that failed
    static int print(Session session, List<ForkOutcome> outcomes, Format.Choice format) {
        var restored =
                outcomes.stream()
                        .filter(ForkOutcome.Restored.class::isInstance)
                        .map(ForkOutcome::name)
                        .toList();
        if (!format.printed(session, () -> outcomes.stream().map(Fields::of).toList(), restored)) {
            var table = new Table("NAME", "OUTCOME", "ID", "REASON");
            outcomes.forEach(outcome -> table.row(row(outcome)));
            table.lines(session.terminal().colours()).forEach(session::print);
        }
        return outcomes.stream().mapToInt(ForkReport::exitCode).max().orElse(0);
    }

    private static List<Cell> row(ForkOutcome outcome) {
        return switch (outcome) {
            case ForkOutcome.Restored(var sandbox) ->
                    List.of(
                            Cell.plain(sandbox.name()),
                            new Cell("restored", Cell.GREEN),
                            Cell.plain(sandbox.id()),
                            Cell.plain(""));
            case ForkOutcome.Failed(var name, var failure) ->
                    List.of(
                            Cell.plain(name),
                            new Cell("failed", Cell.RED),
                            Cell.plain(""),
                            Cell.plain(String.valueOf(failure.getMessage())));
        };
    }

    private static int exitCode(ForkOutcome outcome) {
        return switch (outcome) {
            case ForkOutcome.Restored _ -> 0;
            case ForkOutcome.Failed(var _, var failure) -> Failures.exitCode(failure);
        };
    }
}
