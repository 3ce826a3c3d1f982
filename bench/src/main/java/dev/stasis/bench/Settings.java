package dev.stasis.bench;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the benchmark is to do.
///
/// @param extent how much is measured
/// @param only the parts to do; all when it is empty
/// @param out the folder that takes the report; null for none
/// @param against the folder of an earlier report to compare with; null for none
/// @param soak how long one loop of everything runs; zero for none
/// @param folder where a folder for everything is made; on a disk, as a home would be
record Settings(
        Extent extent,
        List<String> only,
        @Nullable Path out,
        @Nullable Path against,
        Duration soak,
        Path folder) {
    static final List<String> PARTS =
            List.of(
                    "restores",
                    "pauses",
                    "making",
                    "images",
                    "files",
                    "execs",
                    "floors",
                    "store",
                    "junit",
                    "guests",
                    "soak");

    static final String USAGE =
            """
            usage: ./benchmark [--quick] [--only PART,…] [--soak MINUTES] [--out DIR] [--against DIR] [--folder DIR]
              --quick        only the key ratios, in three minutes instead of twenty
              --only PART,…  some parts: restores, pauses, making, images, files, execs, floors, store, junit, guests, soak
              --soak MINUTES snapshot, restore, override and delete in a loop, after the rest
              --out DIR      writes report.json and report.html there
              --against DIR  compares with the report.json that an earlier run has written there
              --folder DIR   where sandboxes are made meanwhile; /var/tmp unless said otherwise
            """;

    /// Copies.
    Settings {
        only = List.copyOf(only);
    }

    /// Whether a part is to be done.
    boolean has(String part) {
        return only.isEmpty() || only.contains(part);
    }

    /// Whether a part is to be done that a quick run leaves out unless it is asked for.
    boolean hasSlow(String part) {
        return only.contains(part) || (only.isEmpty() && !extent.isQuick());
    }

    /// Reads a command line.
    static Settings parse(String... arguments) {
        var words = new ArrayDeque<>(List.of(arguments));
        var settings =
                new Settings(
                        Extent.full(), List.of(), null, null, Duration.ZERO, Path.of("/var/tmp"));
        while (!words.isEmpty()) {
            settings = settings.with(words.remove(), words);
        }
        return settings;
    }

    private Settings with(String option, ArrayDeque<String> more) {
        if (option.equals("--quick")) {
            return new Settings(Extent.quick(), only, out, against, soak, folder);
        }
        if (!List.of("--only", "--soak", "--out", "--against", "--folder").contains(option)) {
            throw wrong("there is no option '" + option + "'");
        }
        if (more.isEmpty()) {
            throw wrong(option + " needs a value");
        }
        var value = more.remove();
        return switch (option) {
            case "--only" -> new Settings(extent, parts(value), out, against, soak, folder);
            case "--soak" -> new Settings(extent, only, out, against, minutes(value), folder);
            case "--out" -> new Settings(extent, only, path(value), against, soak, folder);
            case "--against" -> new Settings(extent, only, out, path(value), soak, folder);
            default -> new Settings(extent, only, out, against, soak, path(value));
        };
    }

    private static Path path(String value) {
        return Path.of(value).toAbsolutePath();
    }

    private static List<String> parts(String value) {
        var parts = List.of(value.split(",", -1));
        for (var part : parts) {
            if (!PARTS.contains(part)) {
                throw wrong("there is no part '" + part + "'");
            }
        }
        return parts;
    }

    private static Duration minutes(String value) {
        try {
            double minutes = Double.parseDouble(value);
            if (minutes > 0 && Double.isFinite(minutes)) {
                return Duration.ofMillis(Math.round(minutes * Duration.ofMinutes(1).toMillis()));
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong("'" + value + "' is no number of minutes");
    }

    private static StasisException wrong(String what) {
        return new StasisException(ErrorCode.INVALID_ARGUMENT, what + "\n" + USAGE);
    }
}
