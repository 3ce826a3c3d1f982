package dev.stasis.bench;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/// What is measured, and how often.
///
/// @param rounds how many sources are made and measured
/// @param restores how many restores of each kind there are in a round
/// @param memory the guest's RAM
/// @param inUse how much of it holds data
/// @param change how much of it changes before a second snapshot
/// @param history how many snapshots of one sandbox are taken in a line
/// @param folder where a folder for everything is made; on a disk, as a home would be
/// @param json whether the report is JSON
record Settings(
        int rounds,
        int restores,
        ByteSize memory,
        ByteSize inUse,
        ByteSize change,
        int history,
        Path folder,
        boolean json) {
    static final String USAGE =
            """
            usage: bench/run [--rounds 5] [--restores 3] [--memory 1G] [--in-use 400M] [--change 10M]
                             [--history 100] [--folder /var/tmp] [--format table|json]
            """;

    /// Reads a command line of options with a value each.
    static Settings parse(String... arguments) {
        Map<String, String> options = new TreeMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
                throw wrong("'" + arguments[i] + "' is no option with a value");
            }
            options.put(arguments[i].substring(2), arguments[i + 1]);
        }
        var settings =
                new Settings(
                        count(take(options, "rounds", "5")),
                        count(take(options, "restores", "3")),
                        ByteSize.parse(take(options, "memory", "1G")),
                        ByteSize.parse(take(options, "in-use", "400M")),
                        ByteSize.parse(take(options, "change", "10M")),
                        count(take(options, "history", "100")),
                        Path.of(take(options, "folder", "/var/tmp")).toAbsolutePath(),
                        isJson(take(options, "format", "table")));
        if (!options.isEmpty()) {
            throw wrong("there is no option --" + options.keySet().iterator().next());
        }
        return settings;
    }

    private static String take(Map<String, String> options, String name, String otherwise) {
        var value = options.remove(name);
        return value == null ? otherwise : value;
    }

    private static int count(String text) {
        try {
            int count = Integer.parseInt(text);
            if (count > 0) {
                return count;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong("'" + text + "' is no number of times");
    }

    private static boolean isJson(String format) {
        return switch (format) {
            case "json" -> true;
            case "table" -> false;
            default -> throw wrong("there is no format '" + format + "'");
        };
    }

    private static StasisException wrong(String what) {
        return new StasisException(ErrorCode.INVALID_ARGUMENT, what + "\n" + USAGE);
    }
}
