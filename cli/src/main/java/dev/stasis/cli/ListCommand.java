package dev.stasis.cli;

import dev.stasis.SandboxInfo;
import dev.stasis.SandboxState;
import dev.stasis.cli.Table.Cell;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `stasis ls`.
@Command(name = "ls", description = "Lists the sandboxes.")
final class ListCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = {"-q", "--quiet"},
            description = "Prints names alone, one a line.")
    boolean quiet;

    @Mixin Format.Choice format = new Format.Choice();

    ListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var sandboxes = session.stasis().sandboxes();
        if (format.json()) {
            session.print(Fields.json(sandboxes.stream().map(Fields::of).toList()));
            return 0;
        }
        if (quiet) {
            sandboxes.forEach(sandbox -> session.print(sandbox.name()));
            return 0;
        }
        var table = new Table("NAME", "STATE", "IMAGE", "CPUS", "MEMORY", "BY", "CREATED", "FROM");
        sandboxes.forEach(sandbox -> table.row(row(sandbox)));
        table.lines(session.terminal().colours()).forEach(session::print);
        return 0;
    }

    private static List<Cell> row(SandboxInfo sandbox) {
        return List.of(
                Cell.plain(sandbox.name()),
                state(sandbox.state()),
                Cell.plain(sandbox.image()),
                Cell.plain(Integer.toString(sandbox.cpus())),
                Cell.plain(sandbox.memory().toString()),
                Cell.plain(Fields.word(sandbox.accelerator())),
                Cell.plain(Table.time(sandbox.created())),
                Cell.plain(sandbox.snapshot().orElse("")));
    }

    static Cell state(SandboxState state) {
        int colour =
                switch (state) {
                    case RUNNING -> Cell.GREEN;
                    case CREATING, PAUSED -> Cell.YELLOW;
                    case STOPPED -> Cell.GREY;
                    case ENDED -> Cell.RED;
                };
        return new Cell(Fields.word(state), colour);
    }
}
