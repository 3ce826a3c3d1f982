package dev.stasis.cli;

import dev.stasis.ImageInfo;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `stasis images ls`.
@Command(
        name = "ls",
        description = "Lists the images, with what they take on disk and their users.")
final class ImagesListCommand implements Callable<Integer> {
    private static final int SHOWN_DIGITS = 12;

    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    ImagesListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        var images = session.stasis().images().list();
        var digests = images.stream().map(ImageInfo::digest).toList();
        if (format.printed(session, () -> images.stream().map(Fields::of).toList(), digests)) {
            return 0;
        }
        var table = new Table("NAME", "DIGEST", "CREATED", "DISK", "SOURCE", "USED BY");
        for (var image : images) {
            var names = image.names().isEmpty() ? List.of("-") : image.names();
            for (String name : names) {
                table.row(
                        name,
                        image.digest().substring(0, SHOWN_DIGITS),
                        Table.time(image.created()),
                        image.bytes().toString(),
                        image.source(),
                        used(image.users()));
            }
        }
        table.lines(session.terminal().colours()).forEach(session::print);
        return 0;
    }

    private static String used(List<String> users) {
        return switch (users.size()) {
            case 0 -> "-";
            case 1 -> users.getFirst();
            default -> users.getFirst() + " and " + (users.size() - 1) + " more";
        };
    }
}
