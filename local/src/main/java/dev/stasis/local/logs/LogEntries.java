package dev.stasis.local.logs;

import dev.stasis.ErrorCode;
import dev.stasis.LogEntry;
import dev.stasis.LogSettings;
import dev.stasis.LogSource;
import dev.stasis.StasisException;
import dev.stasis.machine.MachineFiles;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// The entries of a sandbox's logs, read as they are taken. Of each log one entry is held at most,
/// so that the oldest comes first.
public final class LogEntries implements Iterator<LogEntry> {
    private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();

    private final LogSettings settings;
    private final BooleanSupplier hasMachine;
    private final List<Log> logs = new ArrayList<>();
    private boolean ending;
    private volatile boolean closed;
    private @Nullable LogEntry next;

    private LogEntries(MachineFiles files, LogSettings settings, BooleanSupplier hasMachine) {
        this.settings = settings;
        this.hasMachine = hasMachine;
        this.ending = settings.until() == LogSettings.Until.NOW;
        for (var source : LogSource.values()) {
            if (settings.sources().contains(source)) {
                logs.add(new Log(file(files, source), new LogParser(source)));
            }
        }
    }

    /// Opens the logs.
    ///
    /// @param hasMachine whether somebody may still write to them
    /// @return the entries; whoever called this closes it
    public static Stream<LogEntry> of(
            MachineFiles files, LogSettings settings, BooleanSupplier hasMachine) {
        var entries = new LogEntries(files, settings, hasMachine);
        int facts = Spliterator.ORDERED | Spliterator.NONNULL;
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(entries, facts), false)
                .onClose(entries::close);
    }

    private static Path file(MachineFiles files, LogSource source) {
        return switch (source) {
            case EXEC -> files.guestLog();
            case KERNEL -> files.consoleLog();
            case MACHINE -> files.qemuLog();
        };
    }

    @Override
    public boolean hasNext() {
        while (next == null && !closed) {
            try {
                next = oldest();
            } catch (ClosedChannelException e) {
                if (!closed) {
                    throw interrupted(e);
                }
            } catch (IOException e) {
                throw new StasisException(
                        ErrorCode.IO_FAILED, "A log of the sandbox can't be read", e);
            }
            if (next == null && !goOn()) {
                return false;
            }
        }
        return next != null;
    }

    /// Whether there may be more. What was written before the end of the machine is seen.
    private boolean goOn() {
        if (ending) {
            return false;
        }
        if (!hasMachine.getAsBoolean()) {
            ending = true;
            return true;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        if (Thread.currentThread().isInterrupted()) {
            throw interrupted(null);
        }
        return true;
    }

    private static StasisException interrupted(@Nullable Exception cause) {
        return new StasisException(
                ErrorCode.INTERRUPTED, "Reading a log of the sandbox was interrupted", cause);
    }

    private @Nullable LogEntry oldest() throws IOException {
        Log first = null;
        for (var log : logs) {
            if (log.ready(settings.since(), ending)
                    && (first == null || log.time.isBefore(first.time))) {
                first = log;
            }
        }
        return first == null ? null : first.waiting.remove();
    }

    @Override
    public LogEntry next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the log has ended");
        }
        var taken = next;
        next = null;
        if (taken == null) {
            throw new NoSuchElementException("the log was closed");
        }
        return taken;
    }

    private void close() {
        closed = true;
        for (var log : logs) {
            try {
                log.lines.close();
            } catch (IOException e) {
                throw new StasisException(
                        ErrorCode.IO_FAILED, "A log of the sandbox can't be closed", e);
            }
        }
    }

    /// One of the logs.
    private static final class Log {
        final LogLines lines;
        final LogParser parser;
        final Queue<LogEntry> waiting = new ArrayDeque<>(1);

        /// Of the entry that waits, or the last one before it with a time.
        Instant time = Instant.MIN;

        Log(Path file, LogParser parser) {
            this.lines = new LogLines(file);
            this.parser = parser;
        }

        boolean ready(Optional<Instant> since, boolean ending) throws IOException {
            while (waiting.isEmpty()) {
                var line = lines.next();
                if (line.isEmpty() && ending) {
                    line = lines.rest().filter(rest -> !parser.isHalf(rest));
                }
                if (line.isEmpty()) {
                    return false;
                }
                var entry = parser.entry(line.get());
                entry.flatMap(LogEntry::time).ifPresent(t -> time = t);
                entry.filter(_ -> since.isEmpty() || !time.isBefore(since.get()))
                        .ifPresent(waiting::add);
            }
            return true;
        }
    }
}
