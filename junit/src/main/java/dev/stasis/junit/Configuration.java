package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;

/// What JUnit's configuration parameters say, which are also system properties.
///
/// @param home the home of the sandboxes; none = the default one
/// @param refresh whether warmed snapshots are made anew, once in this run
/// @param keep which tests' forks are kept
/// @param ahead whether the next fork is made while a test runs
record Configuration(Optional<Path> home, boolean refresh, Keep keep, boolean ahead) {
    static final String HOME = "stasis.junit.home";
    static final String REFRESH = "stasis.junit.refresh";
    static final String KEEP = "stasis.junit.keep";
    static final String AHEAD = "stasis.junit.ahead";

    /// Which tests' forks become named snapshots.
    enum Keep {
        NONE,
        FAILED
    }

    static Configuration of(ExtensionContext context) {
        return new Configuration(
                context.getConfigurationParameter(HOME).map(Path::of),
                flag(context, REFRESH, false),
                keep(context),
                flag(context, AHEAD, true));
    }

    private static boolean flag(ExtensionContext context, String key, boolean otherwise) {
        String value =
                context.getConfigurationParameter(key).orElse(Boolean.toString(otherwise)).strip();
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(key, value, "true or false");
        };
    }

    private static Keep keep(ExtensionContext context) {
        String value = context.getConfigurationParameter(KEEP).orElse("none").strip();
        return switch (value) {
            case "none" -> Keep.NONE;
            case "failed" -> Keep.FAILED;
            default -> throw wrong(KEEP, value, "none or failed");
        };
    }

    private static StasisException wrong(String key, String value, String possible) {
        return new StasisException(
                ErrorCode.INVALID_ARGUMENT,
                "The configuration parameter %s is '%s': set it to %s"
                        .formatted(key, value, possible));
    }
}
