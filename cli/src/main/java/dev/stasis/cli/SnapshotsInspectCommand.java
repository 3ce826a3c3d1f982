package dev.stasis.cli;

import dev.stasis.SnapshotInfo;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis snapshots inspect`.
@Command(name = "inspect", description = "Says all about one snapshot.")
final class SnapshotsInspectCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its name or its id.")
    String snapshot = "";

    SnapshotsInspectCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var info = Lookup.snapshot(session, snapshot).info();
        if (format.json() || format.quiet) {
            format.print(session, () -> Fields.of(info), info.id());
        } else {
            table(info).lines(session.terminal().colours()).forEach(session::print);
        }
        return 0;
    }

    private static Table table(SnapshotInfo info) {
        return new Table()
                .row("name", info.name().orElse("- (goes with its source)"))
                .row("id", info.id())
                .row("created", Table.time(info.created()))
                .row("source", info.source())
                .row("parent", info.parent().orElse("- (the first of its line)"))
                .row("image", info.image())
                .row("cpus", Integer.toString(info.cpus()))
                .row("memory", info.memory().toString())
                .row("disk", info.bytesOnDisk() + " on this computer")
                .row("labels", SnapshotsListCommand.labels(info))
                .row("expires", info.expires().map(Table::time).orElse("-"));
    }
}
