package dev.stasis.cli;

import dev.stasis.SaveBuilder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say how a snapshot is saved under a name.
final class SaveOptions {
    @Option(
            names = "--label",
            paramLabel = "KEY=VALUE",
            description = "A label of the snapshot. Repeatable.")
    Map<String, String> labels = new LinkedHashMap<>();

    @Option(
            names = "--move",
            description = "Lets the name point to this snapshot if another one has it.")
    boolean move;

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Lets 'snapshots prune' take the name away after this time, such as 7d.")
    @Nullable Duration ttl;

    void applyTo(SaveBuilder builder) {
        labels.forEach(builder::label);
        if (move) {
            builder.move();
        }
        if (ttl != null) {
            builder.keepFor(ttl);
        }
    }
}
