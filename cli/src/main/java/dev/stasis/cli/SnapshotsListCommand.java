package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `stasis snapshots ls`.
@Command(name = "ls", description = "Lists the named snapshots.")
final class SnapshotsListCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = {"-a", "--all"},
            description = "Lists also those without a name, which go with their source.")
    boolean all;

    @Mixin Format.Choice format = new Format.Choice();

    SnapshotsListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var stasis = session.stasis();
        var snapshots = all ? stasis.restorableSnapshots() : stasis.snapshots();
        if (format.json()) {
            session.print(Fields.json(snapshots.stream().map(Fields::of).toList()));
            return 0;
        }
        var table = new Table("NAME", "ID", "CREATED", "SOURCE", "IMAGE", "CPUS", "MEMORY", "DISK");
        for (var snapshot : snapshots) {
            table.row(
                    snapshot.name().orElse("-"),
                    snapshot.id(),
                    Table.time(snapshot.created()),
                    snapshot.source(),
                    snapshot.image(),
                    Integer.toString(snapshot.cpus()),
                    snapshot.memory().toString(),
                    snapshot.bytesOnDisk().toString());
        }
        table.lines(session.terminal().colours()).forEach(session::print);
        return 0;
    }
}
