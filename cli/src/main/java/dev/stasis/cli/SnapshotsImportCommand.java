package dev.stasis.cli;

import dev.stasis.ImportBuilder;
import dev.stasis.Snapshot;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis snapshots import`.
@Command(
        name = "import",
        description =
                "Imports a snapshot that 'snapshots export' wrote, and prints its id. All of it is"
                        + " checked before anything of it can be seen.")
final class SnapshotsImportCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "The name it gets, instead of the one it had when it was exported.")
    @Nullable String name;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "The file to read; '-' is standard input.")
    String file = "";

    SnapshotsImportCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.progress("importing " + file);
        try (var imported = imported()) {
            session.progressEnd();
            format.print(session, () -> Fields.of(imported.info()), imported.id());
        }
        return 0;
    }

    private Snapshot imported() {
        return file.equals(SnapshotsExportCommand.STREAM)
                ? session.stasis().importSnapshot(session.terminal().in(), this::settings)
                : session.stasis().importSnapshot(Path.of(file), this::settings);
    }

    private void settings(ImportBuilder settings) {
        settings.notices(notice -> {
            session.progressEnd();
            session.say("stasis: " + notice);
        });
        if (name != null) {
            settings.as(name);
        }
    }
}
