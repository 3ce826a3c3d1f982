package dev.stasis.cli;

import dev.stasis.SnapshotFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say which snapshots are meant.
final class FilterOptions {
    @Option(
            names = "--label",
            paramLabel = "KEY[=VALUE]",
            description = "Only those with this label. Repeatable.")
    List<String> labels = List.of();

    @Option(
            names = "--image",
            paramLabel = "IMAGE",
            description = "Only those of sandboxes made from this image.")
    @Nullable String image;

    @Option(
            names = "--source",
            paramLabel = "SANDBOX",
            description = "Only those taken of this sandbox.")
    @Nullable String source;

    @Option(
            names = "--name",
            paramLabel = "PATTERN",
            description = "Only those whose name fits, such as 'nightly-*'.")
    @Nullable String name;

    void applyTo(SnapshotFilter filter) {
        for (String label : labels) {
            int equals = label.indexOf('=');
            if (equals < 0) {
                filter.label(label);
            } else {
                filter.label(label.substring(0, equals), label.substring(equals + 1));
            }
        }
        if (image != null) {
            filter.image(image);
        }
        if (source != null) {
            filter.source(source);
        }
        if (name != null) {
            filter.name(name);
        }
    }
}
