package dev.stasis.cli;

import dev.stasis.ExecBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say as whom, and in which folder, a command runs.
final class WhereOptions {
    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description =
                    "The user, by name or number; the image's unless said otherwise, or else root.")
    @Nullable String user;

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "The working folder; the image's unless said otherwise, or else /.")
    @Nullable String folder;

    void applyTo(ExecBuilder builder) {
        if (user != null) {
            builder.user(user);
        }
        if (folder != null) {
            builder.folder(folder);
        }
    }
}
