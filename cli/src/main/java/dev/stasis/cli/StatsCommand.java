package dev.stasis.cli;

import dev.stasis.ByteSize;
import dev.stasis.SandboxMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis stats`.
@Command(
        name = "stats",
        description =
                "Says what sandboxes have used and use: CPU time, memory, disk, network, commands.")
final class StatsCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The sandboxes.")
    List<String> names = List.of();

    StatsCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var measured = new LinkedHashMap<String, SandboxMetrics>();
        for (var name : names) {
            try (var sandbox = Lookup.sandbox(session, name)) {
                measured.put(name, sandbox.metrics());
            }
        }
        if (!format.printed(session, () -> fields(measured), List.copyOf(measured.keySet()))) {
            table(measured).lines(session.terminal().colours()).forEach(session::print);
        }
        return 0;
    }

    private static List<Map<String, @Nullable Object>> fields(
            Map<String, SandboxMetrics> measured) {
        var list = new ArrayList<Map<String, @Nullable Object>>();
        measured.forEach((name, metrics) -> list.add(Fields.of(name, metrics)));
        return list;
    }

    private static Table table(Map<String, SandboxMetrics> measured) {
        var table =
                new Table(
                        "NAME",
                        "CPU TIME",
                        "OWN MEMORY",
                        "SHARE",
                        "OWN DISK",
                        "GUEST MEMORY",
                        "GUEST DISK",
                        "NETWORK IN/OUT",
                        "COMMANDS");
        measured.forEach((name, metrics) -> {
            var guest = metrics.guest();
            table.row(
                    name,
                    seconds(metrics.host().cpu().toMillis()),
                    size(metrics.host().usage().ownMemory()),
                    size(metrics.host().proportionalMemory()),
                    size(metrics.host().usage().ownDisk()),
                    guest.map(g -> of(g.memory().used(), g.memory().total())).orElse("-"),
                    guest.map(g -> of(g.disk().used(), g.disk().size())).orElse("-"),
                    guest.flatMap(SandboxMetrics.Guest::network)
                            .map(n -> size(n.received()) + " / " + size(n.sent()))
                            .orElse("-"),
                    guest.map(g -> commands(g.execs())).orElse("-"));
        });
        return table;
    }

    static String commands(SandboxMetrics.Execs execs) {
        return execs.running() + " run, " + execs.started() + " started";
    }

    static String seconds(long millis) {
        return "%d.%ds".formatted(millis / 1000, millis % 1000 / 100);
    }

    private static String of(ByteSize part, ByteSize whole) {
        return size(part) + " of " + size(whole);
    }

    /// In the unit in which it has two digits at least, rounded down.
    private static String size(ByteSize size) {
        long bytes = size.bytes();
        int unit = 0;
        while (bytes >= 10 * 1024 && unit < 4) {
            bytes /= 1024;
            unit++;
        }
        return bytes + "BKMGT".substring(unit, unit + 1);
    }
}
