package dev.stasis.cli;

import dev.stasis.ForkOutcome;
import dev.stasis.RestoreBuilder;
import dev.stasis.Sandbox;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `stasis restore`.
@Command(
        name = "restore",
        description =
                "Makes a fork: a new sandbox that goes on where the snapshot was taken, with memory"
                        + " and disk of its own. It lives until it is removed. Prints its name."
                        + " With --count it makes several.")
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

    @Mixin PublishOption published = new PublishOption();

    @Mixin TermOptions terms = new TermOptions();

    @Option(
            names = "--ports",
            paramLabel = "none|auto",
            description =
                    "'auto' publishes what the snapshot's sandbox had published, each on a free"
                            + " port of the same address; 'none' (the default) only what -p says.")
    Ports ports = Ports.NONE;

    @Option(
            names = "--require-kvm",
            description =
                    "Refuses to run without hardware virtualisation, where hostile code is not kept"
                            + " in.")
    boolean requireKvm;

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "Its name or its id.")
    String snapshot = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "NAME",
            description = "The fork's name; not with --count.")
    @Nullable String name;

    @Option(
            names = "--count",
            paramLabel = "N",
            description =
                    "Makes N forks at once and prints what became of each; the exit code is 0 when"
                            + " all were made.")
    @Nullable Integer count;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            description = "With --count: the forks are named PREFIX1 to PREFIXN.")
    @Nullable String prefix;

    @Mixin Format.Choice format = new Format.Choice();

    @Spec CommandSpec spec = CommandSpec.create();

    /// What becomes of the ports that the snapshot's sandbox had published.
    enum Ports {
        NONE,
        AUTO
    }

    RestoreCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (count == null && prefix == null && name != null) {
            var single = Lookup.snapshot(session, snapshot).restoreWith(name, this::apply);
            try (Sandbox fork = single) {
                format.print(session, () -> Fields.of(fork.info()), fork.name());
            }
            return 0;
        }
        if (count == null || prefix == null || name != null || count < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "Give the fork's NAME, or --count N (1 or more) with --prefix PREFIX");
        }
        return several(count, prefix);
    }

    private int several(int wanted, String prefix) {
        var names = IntStream.rangeClosed(1, wanted).mapToObj(n -> prefix + n).toList();
        var restored = new AtomicInteger();
        List<ForkOutcome> outcomes;
        try {
            outcomes =
                    Lookup.snapshot(session, snapshot)
                            .restoreAll(
                                    names,
                                    (_, builder) -> {
                                        apply(builder);
                                        builder.progress(_ -> tell(restored, wanted));
                                    });
        } finally {
            session.progressEnd();
        }
        return ForkReport.print(session, outcomes, format);
    }

    private void tell(AtomicInteger restored, int wanted) {
        session.progress("Restored " + restored.incrementAndGet() + " of " + wanted);
    }

    private void apply(RestoreBuilder builder) {
        env.forEach(builder::env);
        unsetEnv.forEach(builder::unsetEnv);
        published.ports.forEach(builder::publish);
        terms.applyTo(builder);
        if (ports == Ports.AUTO) {
            builder.movePorts();
        }
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
