package dev.stasis.cli;

import dev.stasis.ByteSize;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `stasis resize`.
@Command(
        name = "resize",
        description =
                "Gives a running sandbox other CPUs and memory, within the limits it was created"
                        + " with. Prints what it has then: CPUs and memory.")
final class ResizeCommand implements Callable<Integer> {
    private final Session session;

    @Spec CommandSpec spec = CommandSpec.create();

    @Option(names = "--cpus", paramLabel = "N", description = "How many CPUs.")
    @Nullable Integer cpus;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description =
                    "How much memory, in blocks of 128M. Less is taken only as far as the guest can"
                            + " give it back.")
    @Nullable String memory;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    ResizeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (cpus == null && memory == null) {
            throw new ParameterException(
                    spec.commandLine(), "Neither --cpus nor --memory says what to change");
        }
        try (var sandbox = Lookup.sandbox(session, name)) {
            var now = sandbox.info();
            var wanted = memory == null ? now.memory() : ByteSize.parse(memory);
            var info = sandbox.resize(cpus == null ? now.cpus() : cpus, wanted);
            var size = info.cpus() + " " + info.memory().mebibytes() + "M";
            format.print(session, () -> Fields.of(info), format.quiet ? name : size);
        }
        return 0;
    }
}
