package dev.stasis.cli;

import dev.stasis.Accelerator;
import dev.stasis.PublishedPort;
import dev.stasis.SandboxInfo;
import dev.stasis.SandboxMetrics;
import dev.stasis.cli.Table.Cell;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis inspect`.
@Command(name = "inspect", description = "Says all about one sandbox.")
final class InspectCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    InspectCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        try (var sandbox = Lookup.sandbox(session, name)) {
            var info = sandbox.info();
            var metrics = sandbox.metrics();
            if (format.json() || format.quiet) {
                format.print(session, () -> Fields.of(info, metrics), info.name());
            } else {
                table(info, metrics).lines(session.terminal().colours()).forEach(session::print);
            }
        }
        return 0;
    }

    private static Table table(SandboxInfo info, SandboxMetrics metrics) {
        var usage = metrics.host().usage();
        var table =
                new Table()
                        .row("name", info.name())
                        .row("id", info.id())
                        .row(List.of(Cell.plain("state"), ListCommand.state(info)));
        info.reason().ifPresent(reason -> table.row("reason", reason));
        table.row("image", info.image())
                .row("cpus", info.cpus() + " of at most " + info.limits().cpus())
                .row("memory", info.memory() + " of at most " + info.limits().memory())
                .row("disk", usage.disk().toString())
                .row("own memory", usage.ownMemory() + " on this computer")
                .row("own disk", usage.ownDisk() + " on this computer")
                .row("cpu time", StatsCommand.seconds(metrics.host().cpu().toMillis()))
                .row("accelerator", accelerator(info.accelerator()))
                .row("created", Table.time(info.created()))
                .row("lives", info.attached() ? "until its owner ends" : "until it is removed");
        info.lifetime()
                .idle()
                .ifPresent(time -> table.row("idle timeout", DurationConverter.text(time)));
        info.lifetime()
                .longest()
                .ifPresent(time -> table.row("max duration", DurationConverter.text(time)));
        new TreeMap<>(info.labels()).forEach((key, value) -> table.row("label", key + "=" + value));
        table.row("network", Fields.word(info.network()));
        info.ports().forEach(port -> table.row("port", port(port)));
        metrics.guest()
                .ifPresent(guest -> table.row("commands", StatsCommand.commands(guest.execs())));
        info.snapshot().ifPresent(snapshot -> table.row("fork of", snapshot));
        new TreeMap<>(info.env()).forEach((key, value) -> table.row("env", key + "=" + value));
        return table;
    }

    private static String port(PublishedPort port) {
        var published = port.toString();
        int guest = published.lastIndexOf(':');
        return published.substring(0, guest) + " leads to port " + port.guestPort();
    }

    private static String accelerator(Accelerator accelerator) {
        return switch (accelerator) {
            case KVM -> "kvm";
            case TCG -> "tcg: emulation, no isolation boundary for hostile code";
        };
    }
}
