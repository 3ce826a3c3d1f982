package dev.stasis.cli;

import dev.stasis.RetentionBuilder;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `stasis snapshots prune`.
@Command(
        name = "prune",
        description =
                "Takes names from snapshots that are not to be kept: those whose --ttl is over, and"
                        + " those that all of the given rules rule out. Nothing that a sandbox was"
                        + " restored from goes.")
final class SnapshotsPruneCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--keep-last",
            paramLabel = "N",
            description = "Keeps the N that were taken last.")
    @Nullable Integer keepLast;

    @Option(
            names = "--older-than",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Keeps those that are not older, such as 30d.")
    @Nullable Duration olderThan;

    @Option(names = "--dry-run", description = "Only prints what would go.")
    boolean dryRun;

    @Mixin FilterOptions filter = new FilterOptions();

    @Mixin Format.Choice format = new Format.Choice();

    SnapshotsPruneCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var pruned = session.stasis().pruneSnapshots(this::rules);
        if (format.json()) {
            session.print(Fields.json(pruned.stream().map(Fields::of).toList()));
        } else {
            pruned.forEach(snapshot -> session.print(snapshot.name().orElseThrow()));
        }
        if (dryRun && session.terminal().errIsTerminal()) {
            session.say(pruned.size() + " would go; nothing was removed");
        }
        return 0;
    }

    private void rules(RetentionBuilder rules) {
        rules.only(filter::applyTo);
        if (keepLast != null) {
            rules.keepLast(keepLast);
        }
        if (olderThan != null) {
            rules.olderThan(olderThan);
        }
        if (dryRun) {
            rules.dryRun();
        }
    }
}
