package dev.stasis.cli;

import java.lang.System.Logger;
import java.text.MessageFormat;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/// Prints what libraries log as one clean line on standard error: warnings and errors, or
/// everything with stack traces where `STASIS_DEBUG=1` is set.
public final class StderrLoggers extends System.LoggerFinder {
    /// Made by {@link java.util.ServiceLoader}.
    public StderrLoggers() {}

    @Override
    public Logger getLogger(String name, Module module) {
        return new StderrLogger(name, Terminal.isDebug(System.getenv()));
    }

    private record StderrLogger(String name, boolean debug) implements Logger {
        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            boolean ours = name.startsWith("dev.stasis");
            var least = debug && ours ? Level.ALL : Level.WARNING;
            return level != Level.OFF && level.compareTo(least) >= 0;
        }

        @Override
        public void log(
                Level level,
                @Nullable ResourceBundle bundle,
                @Nullable String message,
                @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                print(level, message, thrown);
            }
        }

        @Override
        public void log(
                Level level,
                @Nullable ResourceBundle bundle,
                @Nullable String format,
                Object... values) {
            if (isLoggable(level)) {
                // Java's own default methods pass null where there are no values.
                boolean plain = format == null || values == null || values.length == 0;
                print(level, plain ? format : MessageFormat.format(format, values), null);
            }
        }

        private void print(Level level, @Nullable String message, @Nullable Throwable thrown) {
            String label = debug ? "stasis: " + level + " " + name + ": " : "stasis: ";
            var text = new StringBuilder(label).append(message);
            if (thrown != null && debug) {
                text.append(System.lineSeparator()).append(Failures.stackTrace(thrown));
            } else if (thrown != null && thrown.getMessage() != null) {
                text.append(": ").append(thrown.getMessage());
            }
            System.err.println(text);
        }
    }
}
