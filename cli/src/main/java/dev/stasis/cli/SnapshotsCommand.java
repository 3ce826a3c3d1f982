package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `stasis snapshots` without a verb.
@Command(
        name = "snapshots",
        description = "Lists, explains, names, labels, verifies and removes snapshots.",
        synopsisSubcommandLabel = "COMMAND")
final class SnapshotsCommand implements Callable<Integer> {
    @Spec CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
    }
}
