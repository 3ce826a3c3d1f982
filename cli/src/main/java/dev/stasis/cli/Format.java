package dev.stasis.cli;

import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/// How data is printed.
enum Format {
    /// For people.
    TABLE,
    /// For programs; the names of the fields stay as they are from version to version.
    JSON;

    /// The options that choose it, of every verb that prints data.
    static final class Choice {
        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                description = "'table' for people (the default) or 'json' for programs.")
        Format format = TABLE;

        @Option(
                names = {"-q", "--quiet"},
                description = "Prints nothing but the name or the id of each thing, one a line.")
        boolean quiet;

        boolean json() {
            return format == JSON;
        }

        /// Prints several things, unless they are to be printed for people.
        ///
        /// @param fields what JSON has of them
        /// @param names what each is known by
        /// @return whether they were printed
        boolean printed(Session session, Supplier<? extends List<?>> fields, List<String> names) {
            if (json()) {
                session.print(Fields.json(fields.get()));
            } else if (quiet) {
                names.forEach(session::print);
            }
            return json() || quiet;
        }

        /// Prints one thing, of which people need the name alone.
        void print(Session session, Supplier<?> fields, String name) {
            session.print(json() ? Fields.json(fields.get()) : name);
        }
    }
}
