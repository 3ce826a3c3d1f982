package dev.stasis.cli;

import dev.stasis.RestoreBuilder;
import dev.stasis.Sandbox;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis restore`.
@Command(
        name = "restore",
        description =
                "Makes a fork: a new sandbox that goes on where the snapshot was taken, with memory"
                        + " and disk of its own. It lives until it is removed. Prints its name.")
final class RestoreCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--env",
            paramLabel = "NAME=VALUE",
            description =
                    "A variable of every command started in the fork, over the snapshot's of that"
                            + " name. Repeatable.")
    Map<String, String> env = new LinkedHashMap<>();

    @Option(
            names = "--unset-env",
            paramLabel = "NAME",
            description = "Takes a variable of the snapshot's away. Repeatable; goes over --env.")
    List<String> unsetEnv = List.of();

    @Option(
            names = "--cpus",
            paramLabel = "N",
            description = "The fork's CPUs; as many as the snapshot's unless said otherwise.")
    @Nullable Integer cpus;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description =
                    "The fork's memory, in blocks of 128M; as much as the snapshot's unless said"
                            + " otherwise.")
    @Nullable String memory;

    @Option(
            names = "--disk",
            paramLabel = "SIZE",
            description =
                    "The size of the fork's disk: that of the snapshot (the default) or more.")
    @Nullable String disk;

    @Option(
            names = "--require-kvm",
            description =
                    "Refuses to run without hardware virtualisation, where hostile code is not kept"
                            + " in.")
    boolean requireKvm;

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its name or its id.")
    String snapshot = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "The fork's name.")
    String name = "";

    RestoreCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (Sandbox fork = Lookup.snapshot(session, snapshot).restoreWith(name, this::apply)) {
            session.print(fork.name());
        }
        return 0;
    }

    private void apply(RestoreBuilder builder) {
        env.forEach(builder::env);
        unsetEnv.forEach(builder::unsetEnv);
        if (cpus != null) {
            builder.cpus(cpus);
        }
        if (memory != null) {
            builder.memory(memory);
        }
        if (disk != null) {
            builder.disk(disk);
        }
        builder.detached();
        if (requireKvm) {
            builder.requireKvm();
        }
    }
}
