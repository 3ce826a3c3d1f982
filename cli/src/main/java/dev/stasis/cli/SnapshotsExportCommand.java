package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.ExportBuilder;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `stasis snapshots export`.
@Command(
        name = "export",
        description =
                "Writes a snapshot and all that it lies on into one compressed file, for 'snapshots"
                        + " import' in another home. The file holds all that was in the sandbox's"
                        + " memory.")
final class SnapshotsExportCommand implements Callable<Integer> {
    /// Stands for standard output, or input.
    static final String STREAM = "-";

    private final Session session;

    @Option(
            names = "--with-image",
            description =
                    "Puts the root file system along; without it, who imports must have the image."
                            + " The built-in one always goes along.")
    boolean withImage;

    @Option(
            names = "--since",
            paramLabel = "BASE",
            description =
                    "Leaves out what this snapshot lies on as well; who imports must have it.")
    @Nullable String since;

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "The snapshot's name or id.")
    String snapshot = "";

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            description = "The file to write; '-' is standard output.")
    String file = "";

    SnapshotsExportCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        boolean streams = file.equals(STREAM);
        if (streams && session.terminal().outIsTerminal()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "An archive is nothing to be read on a terminal: name a file, or send standard output to a program");
        }
        try (var exported = Lookup.snapshot(session, snapshot)) {
            session.progress("exporting " + snapshot);
            if (streams) {
                exported.exportTo(session.terminal().out(), this::settings);
            } else {
                exported.exportTo(Path.of(file), this::settings);
            }
            session.progressEnd();
        }
        return 0;
    }

    private void settings(ExportBuilder settings) {
        if (session.stasis().snapshots().stream()
                .anyMatch(info -> info.name().filter(snapshot::equals).isPresent())) {
            settings.as(snapshot);
        }
        if (since != null) {
            settings.since(since);
        }
        if (withImage) {
            settings.withImage();
        }
    }
}
