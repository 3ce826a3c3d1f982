package dev.stasis.cli;

import picocli.CommandLine.Option;

/// How data is printed.
enum Format {
    /// For people.
    TABLE,
    /// For programs; the names of the fields stay as they are from version to version.
    JSON;

    /// The option that chooses it.
    static final class Choice {
        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                description = "'table' for people (the default) or 'json' for programs.")
        Format format = TABLE;

        boolean json() {
            return format == JSON;
        }
    }
}
