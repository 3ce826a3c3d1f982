package dev.stasis.cli;

import dev.stasis.ImageInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis images load`.
@Command(
        name = "load",
        description =
                "Makes images from an archive of 'docker save' or with an OCI layout, or from a tar"
                        + " file with a root file system, plain or compressed with gzip or zstd, and"
                        + " prints the name of each, or its digest where it has none.")
final class ImagesLoadCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "The file to read; '-' is standard input.")
    String file = "";

    ImagesLoadCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.progress("loading " + file);
        var loaded = loaded();
        session.progressEnd();
        if (format.json()) {
            session.print(Fields.json(loaded.stream().map(Fields::of).toList()));
            return 0;
        }
        for (var image : loaded) {
            if (image.names().isEmpty()) {
                session.print(image.digest());
            }
            image.names().forEach(session::print);
        }
        return 0;
    }

    private List<ImageInfo> loaded() {
        var images = session.stasis().images();
        return file.equals(SnapshotsExportCommand.STREAM)
                ? images.load(session.terminal().in(), session.layers()::show)
                : images.load(Path.of(file), session.layers()::show);
    }
}
