package dev.stasis.cli;

import dev.stasis.cli.SnapshotTree.Node;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `stasis snapshots tree`.
@Command(name = "tree", description = "Draws which snapshot came from which.")
final class SnapshotsTreeCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    SnapshotsTreeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var stasis = session.stasis();
        var tree = new SnapshotTree(stasis.restorableSnapshots(), stasis.sandboxes());
        var nodes = tree.depthFirst();
        var ids = nodes.stream().map(node -> node.info().id()).toList();
        if (format.printed(session, () -> nodes.stream().map(tree::fields).toList(), ids)) {
            return 0;
        }
        var table = new Table("SNAPSHOT", "ID", "AGE", "DISK", "LABELS", "FORKS");
        for (var root : tree.roots()) {
            boolean gone = root.info().parent().isPresent();
            if (gone) {
                table.row("(" + root.info().parent().get() + " is gone)");
            }
            add(table, root, gone ? "└─ " : "", gone ? "   " : "");
        }
        table.lines(session.terminal().colours()).forEach(session::print);
        return 0;
    }

    /// Only where a line branches does it go to the right, for lines are long.
    ///
    /// @param first what stands before the snapshot itself
    /// @param rest what stands before all beneath it
    private static void add(Table table, Node begin, String first, String rest) {
        var node = begin;
        row(table, node, first);
        while (node.children().size() == 1) {
            node = node.children().getFirst();
            row(table, node, rest + "╰ ");
        }
        for (int i = 0; i < node.children().size(); i++) {
            boolean last = i == node.children().size() - 1;
            add(
                    table,
                    node.children().get(i),
                    rest + (last ? "└─ " : "├─ "),
                    rest + (last ? "   " : "│  "));
        }
    }

    private static void row(Table table, Node node, String before) {
        table.row(
                before + (node.names().isEmpty() ? "-" : String.join(", ", node.names())),
                node.info().id(),
                age(Duration.between(node.info().created(), Instant.now())),
                node.info().bytesOnDisk().toString(),
                SnapshotsListCommand.labels(node.info()),
                node.forks().isEmpty() ? "-" : String.join(", ", node.forks()));
    }

    private static String age(Duration age) {
        if (age.toDays() > 0) {
            return age.toDays() + "d";
        }
        if (age.toHours() > 0) {
            return age.toHours() + "h";
        }
        return age.toMinutes() > 0 ? age.toMinutes() + "m" : Math.max(0, age.toSeconds()) + "s";
    }
}
