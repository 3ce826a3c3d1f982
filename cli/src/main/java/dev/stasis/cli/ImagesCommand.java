package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `stasis images` without a verb.
@Command(
        name = "images",
        description = "Pulls, loads, saves, lists, explains and removes images.",
        synopsisSubcommandLabel = "COMMAND")
final class ImagesCommand implements Callable<Integer> {
    @Spec CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
    }
}
