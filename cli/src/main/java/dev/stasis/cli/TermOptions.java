package dev.stasis.cli;

import dev.stasis.TermsBuilder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say on which terms a new sandbox is kept.
final class TermOptions {
    @Option(
            names = "--label",
            paramLabel = "KEY=VALUE",
            description =
                    "A label of the sandbox, for 'ls --filter'; forks do not inherit it."
                            + " Repeatable.")
    Map<String, String> labels = new LinkedHashMap<>();

    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description =
                    "Stops it when nobody has used it for this long, such as 30m: no command, file,"
                            + " terminal or connection at a published port.")
    @Nullable Duration idle;

    @Option(
            names = "--max-duration",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Stops it this long after it was made or started, used or not.")
    @Nullable Duration longest;

    @Option(
            names = "--replace",
            description =
                    "Removes the sandbox that has its name first, whatever that is doing, once all"
                            + " that can be checked was checked.")
    boolean replace;

    void applyTo(TermsBuilder<?> builder) {
        labels.forEach(builder::label);
        if (idle != null) {
            builder.idleTimeout(idle);
        }
        if (longest != null) {
            builder.maxDuration(longest);
        }
        if (replace) {
            builder.replace();
        }
    }
}
