package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `stasis` without a verb.
@Command(
        name = "stasis",
        description = "MicroVM sandboxes that can be frozen, forked and thawed.",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done; 2 the command line was not understood; 10 refused: a name, an"
                    + " argument, a state; 11 something is missing on this computer; 12 a machine,"
                    + " a guest or a file failed; 13 a mistake in Stasis. 'exec' and 'run' pass on"
                    + " the command's own exit code and end with 125 when Stasis fails.",
            "",
            "STASIS_HOME chooses the home, STASIS_ACCEL=kvm|tcg what runs the CPUs; STASIS_DEBUG=1"
                    + " shows all log lines and stack traces."
        })
final class RootCommand implements Callable<Integer> {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Says how to use this.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Prints the version.")
    boolean version;

    @Spec CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
    }
}
