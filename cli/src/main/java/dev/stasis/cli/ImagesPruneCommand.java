package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `stasis images prune`.
@Command(
        name = "prune",
        description =
                "Removes every image that no sandbox and no snapshot needs, and what interrupted"
                        + " pulls left, and prints the digests of the images.")
final class ImagesPruneCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    ImagesPruneCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var removed = session.stasis().images().prune();
        if (format.json()) {
            session.print(Fields.json(removed.stream().map(Fields::of).toList()));
        } else {
            removed.forEach(image -> session.print(image.digest()));
        }
        return 0;
    }
}
