package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis images inspect`.
@Command(name = "inspect", description = "Says all about one image.")
final class ImagesInspectCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(
            paramLabel = "IMAGE",
            description = "The image's name or digest, or the beginning of that.")
    String image = "";

    ImagesInspectCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var info = session.stasis().images().get(image);
        if (format.json() || format.quiet) {
            format.print(session, () -> Fields.of(info), info.digest());
            return 0;
        }
        var table = new Table();
        table.row("Digest", info.digest());
        info.names().forEach(name -> table.row("Name", name));
        table.row("Source", info.source())
                .row("Created", Table.time(info.created()))
                .row("On disk", info.bytes().toString())
                .row("Made from", info.sourceBytes().toString());
        var config = info.config();
        table.row("Entrypoint", shown(String.join(" ", config.entrypoint())))
                .row("Command", shown(String.join(" ", config.cmd())))
                .row("User", shown(config.user()))
                .row("Folder", shown(config.workingDir()))
                .row("Stop signal", shown(config.stopSignal()));
        config.env().forEach((name, value) -> table.row("Variable", name + "=" + value));
        config.exposedPorts().forEach(port -> table.row("Port", port));
        config.labels().forEach((name, value) -> table.row("Label", name + "=" + value));
        info.users().forEach(user -> table.row("Used by", user));
        table.lines(session.terminal().colours()).forEach(session::print);
        return 0;
    }

    private static String shown(String text) {
        return text.isEmpty() ? "-" : text;
    }
}
