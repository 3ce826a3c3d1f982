package dev.stasis.cli;

import dev.stasis.ExecOutcome;
import dev.stasis.LogEntry;
import dev.stasis.LogSource;
import dev.stasis.cli.Table.Cell;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// An entry of a log as a line for people.
///
/// @param time when it was
/// @param exec the command it belongs to; empty when it belongs to none
/// @param kind what it is, in three letters
/// @param text what there is to read
record LogLine(Optional<Instant> time, String exec, String kind, String text) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final String NO_TIME = " ".repeat("yyyy-MM-dd HH:mm:ss.SSS".length());

    static LogLine of(LogEntry entry) {
        var time = entry.time();
        return switch (entry) {
            case LogEntry.Started(var _, var exec, int pid, var command) ->
                    new LogLine(
                            time,
                            exec,
                            "---",
                            "started as process " + pid + ": " + String.join(" ", command));
            case LogEntry.Stdout(var _, var exec, var text) ->
                    new LogLine(time, exec, "out", withoutEnd(text));
            case LogEntry.Stderr(var _, var exec, var text) ->
                    new LogLine(time, exec, "err", withoutEnd(text));
            case LogEntry.Ended(var _, var exec, var outcome) ->
                    new LogLine(time, exec, "---", ended(outcome));
            case LogEntry.Lost(var source, var _, var exec, long bytes) ->
                    new LogLine(
                            time,
                            exec.orElse(""),
                            source == LogSource.EXEC ? "---" : word(source),
                            bytes + " bytes are missing here");
            case LogEntry.Line(var source, var _, var text) ->
                    new LogLine(time, "", source == LogSource.EXEC ? "out" : word(source), text);
        };
    }

    private static String ended(ExecOutcome outcome) {
        return switch (outcome) {
            case ExecOutcome.Exited(int code) -> "ended with " + code;
            case ExecOutcome.Signaled(int signal) -> "ended by signal " + signal;
            case ExecOutcome.TimedOut _ -> "killed when its time was over";
            case ExecOutcome.OutOfMemory _ -> "killed: memory ran out";
            case ExecOutcome.NotStarted(var _, var reason) -> "could not be started: " + reason;
        };
    }

    private static String word(LogSource source) {
        return Fields.word(source);
    }

    private static String withoutEnd(String text) {
        return text.replaceFirst("\r?\n$", "");
    }

    /// What a guest wrote gets no control of this terminal.
    String shown(boolean colours) {
        String line =
                time.map(t -> TIME.format(t.atZone(ZoneId.systemDefault()))).orElse(NO_TIME)
                        + (exec.isEmpty() ? "" : "  " + visible(exec))
                        + "  "
                        + kind
                        + "  "
                        + visible(text);
        boolean marked = colours && kind.equals("err");
        return marked ? "\033[" + Cell.YELLOW + "m" + line + "\033[0m" : line;
    }

    private static String visible(String text) {
        return Arrays.stream(text.split("\t", -1))
                .map(piece -> Cell.plain(piece).text())
                .collect(Collectors.joining("\t"));
    }
}
