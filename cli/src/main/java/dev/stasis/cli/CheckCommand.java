package dev.stasis.cli;

import dev.stasis.Finding;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `stasis check`.
@Command(
        name = "check",
        description =
                "Examines the whole home. Ends with 0 when all is well, with 1 when something was"
                        + " found or put right, and with 2 when something is lost.")
final class CheckCommand implements Callable<Integer> {
    private static final int FOUND = 1;
    private static final int LOST = 2;

    private final Session session;

    @Option(names = "--repair", description = "Puts right what can be.")
    boolean repair;

    @Mixin Format.Choice format = new Format.Choice();

    CheckCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var stasis = session.stasis();
        var findings = repair ? stasis.repair() : stasis.check();
        var subjects = findings.stream().map(Finding::subject).toList();
        if (!format.printed(session, () -> findings.stream().map(Fields::of).toList(), subjects)) {
            var table = new Table();
            findings.forEach(
                    each -> table.row(Fields.word(each.outcome()), each.subject(), each.problem()));
            table.lines(session.terminal().colours()).forEach(session::print);
        }
        return exitCode(findings);
    }

    private static int exitCode(List<Finding> findings) {
        if (findings.stream().anyMatch(each -> each.outcome() == Finding.Outcome.LOST)) {
            return LOST;
        }
        return findings.isEmpty() ? 0 : FOUND;
    }
}
