package dev.stasis.cli;

import dev.stasis.SnapshotFilter;
import dev.stasis.SnapshotInfo;
import java.util.Comparator;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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

    @Option(
            names = "--sort",
            paramLabel = "ORDER",
            description = "'name' (the default), 'created' or 'disk', the largest last.")
    Order order = Order.NAME;

    @Mixin FilterOptions filter = new FilterOptions();

    @Mixin Format.Choice format = new Format.Choice();

    SnapshotsListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var stasis = session.stasis();
        var meant = new SnapshotFilter();
        filter.applyTo(meant);
        var snapshots =
                (all ? stasis.restorableSnapshots() : stasis.snapshots())
                        .stream().filter(meant::fits).sorted(order()).toList();
        var names = snapshots.stream().map(info -> info.name().orElse(info.id())).toList();
        if (format.printed(session, () -> snapshots.stream().map(Fields::of).toList(), names)) {
            return 0;
        }
        var table =
                new Table(
                        "NAME", "ID", "CREATED", "SOURCE", "IMAGE", "CPUS", "MEMORY", "DISK",
                        "LABELS");
        for (var snapshot : snapshots) {
            table.row(
                    snapshot.name().orElse("-"),
                    snapshot.id(),
                    Table.time(snapshot.created()),
                    snapshot.source(),
                    snapshot.image(),
                    Integer.toString(snapshot.cpus()),
                    snapshot.memory().toString(),
                    snapshot.bytesOnDisk().toString(),
                    labels(snapshot));
        }
        table.lines(session.terminal().colours()).forEach(session::print);
        return 0;
    }

    enum Order {
        NAME,
        CREATED,
        DISK
    }

    private Comparator<SnapshotInfo> order() {
        return switch (order) {
            case NAME ->
                    Comparator.comparing(
                            (SnapshotInfo info) -> info.name().orElse("~" + info.created()));
            case CREATED -> Comparator.comparing(SnapshotInfo::created);
            case DISK -> Comparator.comparingLong(info -> info.bytesOnDisk().bytes());
        };
    }

    static String labels(SnapshotInfo snapshot) {
        String labels =
                new TreeMap<>(snapshot.labels())
                        .entrySet().stream()
                                .map(label -> label.getKey() + "=" + label.getValue())
                                .collect(Collectors.joining(","));
        return labels.isEmpty() ? "-" : labels;
    }
}
