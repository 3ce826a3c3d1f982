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
            names = "--filter",
            paramLabel = "KEY=VALUE",
            description =
                    "Only those that fit: label=KEY, label=KEY=VALUE, status=STATE, image=IMAGE or"
                            + " snapshot=ID. Repeatable; all must fit.")
    List<String> filters = List.of();

    @Mixin Format.Choice format = new Format.Choice();

    ListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var filter = SandboxFilters.of(filters);
        var sandboxes = session.stasis().sandboxes().stream().filter(filter::fits).toList();
        var names = sandboxes.stream().map(SandboxInfo::name).toList();
        if (format.printed(session, () -> sandboxes.stream().map(Fields::of).toList(), names)) {
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
                state(sandbox),
                Cell.plain(sandbox.image()),
                Cell.plain(Integer.toString(sandbox.cpus())),
                Cell.plain(sandbox.memory().toString()),
                Cell.plain(Fields.word(sandbox.accelerator())),
                Cell.plain(Table.time(sandbox.created())),
                Cell.plain(sandbox.snapshot().orElse("")));
    }

    /// Its state, and in a word why it has no machine.
    static Cell state(SandboxInfo sandbox) {
        int colour = colour(sandbox.state());
        var why = sandbox.cause().map(cause -> " (" + Fields.word(cause) + ")").orElse("");
        return new Cell(Fields.word(sandbox.state()) + why, colour);
    }

    private static int colour(SandboxState state) {
        return switch (state) {
            case RUNNING -> Cell.GREEN;
            case CREATING, PAUSED -> Cell.YELLOW;
            case STOPPED -> Cell.GREY;
            case ENDED -> Cell.RED;
        };
    }
}
