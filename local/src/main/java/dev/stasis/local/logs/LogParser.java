package dev.stasis.local.logs;

import dev.stasis.ExecOutcome;
import dev.stasis.LogEntry;
import dev.stasis.LogSource;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// Makes entries of lines. A guest may write any line: what is none of the agent's or the
/// launcher's is text.
///
/// @param source whose lines these are
record LogParser(LogSource source) {
    private static final int TIME_LENGTH = "2026-03-01T12:34:56.789012Z".length();
    private static final int ENOENT = 2;
    private static final int STEP_EXECUTE = 5;

    /// What a line says; empty when it says nothing.
    Optional<LogEntry> entry(String line) {
        if (line.isEmpty()) {
            return Optional.empty();
        }
        if (line.startsWith("{")) {
            var told = told(line);
            if (told.isPresent()) {
                return told;
            }
        }
        return Optional.of(source == LogSource.EXEC ? text(Optional.empty(), line) : stamped(line));
    }

    /// Whether this is the beginning of a line that the agent is just writing.
    boolean isHalf(String rest) {
        return source == LogSource.EXEC && rest.startsWith("{") && told(rest).isEmpty();
    }

    private LogEntry stamped(String line) {
        if (line.length() > TIME_LENGTH && line.charAt(TIME_LENGTH) == ' ') {
            var time = time(line.substring(0, TIME_LENGTH));
            if (time.isPresent()) {
                return text(time, line.substring(TIME_LENGTH + 1));
            }
        }
        return text(Optional.empty(), line);
    }

    private LogEntry text(Optional<Instant> time, String line) {
        return new LogEntry.Line(
                source, time, line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
    }

    private Optional<LogEntry> told(String line) {
        try {
            if (JSON.std.anyFrom(line) instanceof Map<?, ?> fields) {
                var time = text(fields, "time").flatMap(LogParser::time);
                var exec = text(fields, "exec");
                if (time.isPresent()) {
                    return source == LogSource.EXEC && exec.isPresent()
                            ? ofCommand(time, exec.get(), fields)
                            : lost(time, exec, fields);
                }
            }
            return Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private Optional<LogEntry> ofCommand(Optional<Instant> time, String exec, Map<?, ?> fields) {
        var text = text(fields, "text");
        if (text.isPresent()) {
            return switch (text(fields, "stream").orElse("")) {
                case "stdout" -> Optional.of(new LogEntry.Stdout(time, exec, text.get()));
                case "stderr" -> Optional.of(new LogEntry.Stderr(time, exec, text.get()));
                default -> Optional.empty();
            };
        }
        return switch (text(fields, "event").orElse("")) {
            case "started" ->
                    Optional.of(
                            new LogEntry.Started(
                                    time,
                                    exec,
                                    (int) number(fields, "pid").orElse(0L).longValue(),
                                    words(fields)));
            case "exited", "failed" -> Optional.of(new LogEntry.Ended(time, exec, outcome(fields)));
            default -> lost(time, Optional.of(exec), fields);
        };
    }

    private Optional<LogEntry> lost(
            Optional<Instant> time, Optional<String> exec, Map<?, ?> fields) {
        var event = text(fields, "event").orElse("");
        return event.equals("skipped") || event.equals("lost")
                ? number(fields, "bytes").map(n -> new LogEntry.Lost(source, time, exec, n))
                : Optional.empty();
    }

    private static ExecOutcome outcome(Map<?, ?> fields) {
        if (Boolean.TRUE.equals(fields.get("timedOut"))) {
            return new ExecOutcome.TimedOut(Duration.ZERO);
        }
        if (Boolean.TRUE.equals(fields.get("outOfMemory"))) {
            return new ExecOutcome.OutOfMemory();
        }
        var signal = number(fields, "signal");
        var code = number(fields, "code");
        if (signal.isPresent() || code.isPresent()) {
            return signal.isPresent()
                    ? new ExecOutcome.Signaled((int) Math.min(signal.get(), 127))
                    : new ExecOutcome.Exited((int) Math.min(code.orElse(0L), 255));
        }
        long errno = number(fields, "errno").orElse(0L);
        boolean missing = errno == ENOENT && number(fields, "step").orElse(0L) == STEP_EXECUTE;
        return new ExecOutcome.NotStarted(
                missing ? ExecOutcome.Failure.PROGRAM_NOT_FOUND : ExecOutcome.Failure.OTHER,
                "errno " + errno);
    }

    private static List<String> words(Map<?, ?> fields) {
        var words = new ArrayList<String>();
        if (fields.get("command") instanceof List<?> list) {
            list.forEach(word -> words.add(String.valueOf(word)));
        }
        return words;
    }

    private static Optional<String> text(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    private static Optional<Long> number(Map<?, ?> fields, String name) {
        return switch (fields.get(name)) {
            case Integer number -> Optional.of(Math.max(0L, number));
            case Long number -> Optional.of(Math.max(0L, number));
            case null, default -> Optional.empty();
        };
    }

    private static Optional<Instant> time(String text) {
        try {
            return text.length() == TIME_LENGTH
                    ? Optional.of(Instant.parse(text))
                    : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
