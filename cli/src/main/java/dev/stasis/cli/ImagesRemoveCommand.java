package dev.stasis.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `stasis images rm`.
@Command(
        name = "rm",
        description =
                "Takes names from images; with its last name, or when it is given by its digest, an"
                        + " image goes. None that a sandbox or a snapshot needs goes.")
final class ImagesRemoveCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Their names or digests.")
    List<String> images = List.of();

    ImagesRemoveCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return EachName.of(session, images, format, session.stasis().images()::remove);
    }
}
