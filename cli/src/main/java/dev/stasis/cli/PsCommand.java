package dev.stasis.cli;

import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis ps`.
@Command(
        name = "ps",
        description =
                "Lists the commands of a sandbox: those that run, and those in the background that"
                        + " have ended.")
final class PsCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    PsCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (var sandbox = Lookup.sandbox(session, name)) {
            var commands = sandbox.execs();
            var ids = commands.stream().map(ExecInfo::id).toList();
            if (format.printed(session, () -> commands.stream().map(Fields::of).toList(), ids)) {
                return 0;
            }
            var table = new Table("ID", "PID", "STATE", "STARTED", "COMMAND");
            for (var each : commands) {
                table.row(
                        each.id(),
                        Integer.toString(each.pid()),
                        state(each),
                        Table.time(each.started()),
                        printable(String.join(" ", each.command())));
            }
            table.lines(session.terminal().colours()).forEach(session::print);
        }
        return 0;
    }

    private static String state(ExecInfo command) {
        String how =
                command.outcome().map(outcome -> "ended with " + outcome.exitCode()).orElse("runs");
        if (command.outcome().filter(ExecOutcome.OutOfMemory.class::isInstance).isPresent()) {
            how = "memory ran out";
        }
        return how
                + (command.background() ? ", in the background" : "")
                + (command.attached() ? ", attached" : "");
    }

    /// A guest says what its commands are: it gets no control of this terminal by that.
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
