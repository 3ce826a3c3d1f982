package dev.stasis.cli;

import dev.stasis.LogEntry;
import dev.stasis.LogSource;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/// `stasis logs`.
@Command(
        name = "logs",
        description =
                "Prints what the commands of a sandbox wrote, and when they began and ended; also"
                        + " when its machine has ended.")
final class LogsCommand implements Callable<Integer> {
    private final Session session;

    @Mixin Format.Choice format = new Format.Choice();

    @Option(
            names = "--json",
            description = "The same as --format json: one JSON object on each line.")
    boolean json;

    @Option(
            names = {"-f", "--follow"},
            description = "Waits for more, until the sandbox has no machine any more.")
    boolean follow;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = SinceConverter.class,
            description =
                    "Leaves out what is older: 10m is ten minutes ago; or a time such as"
                            + " 2026-03-01T12:34:56.")
    @Nullable Instant since;

    @Option(
            names = "--grep",
            paramLabel = "RE",
            converter = PatternConverter.class,
            description = "Prints only entries in whose text this regular expression is found.")
    @Nullable Pattern grep;

    @Option(
            names = "--exec",
            paramLabel = "ID",
            description = "Prints only what belongs to this command.")
    @Nullable String exec;

    @Option(
            names = "--source",
            split = ",",
            paramLabel = "SOURCE",
            description =
                    "Whose log: 'exec' for the commands (the default), 'kernel' for the guest's"
                            + " console, 'machine' for QEMU. Repeatable.")
    List<LogSource> sources = List.of(LogSource.EXEC);

    @Parameters(index = "0", paramLabel = "NAME", description = "The sandbox.")
    String name = "";

    LogsCommand(Session session) {
        this.session = session;
    }

    /// A regular expression.
    static final class PatternConverter implements ITypeConverter<Pattern> {
        @Override
        public Pattern convert(String text) {
            try {
                return Pattern.compile(text);
            } catch (PatternSyntaxException e) {
                throw new TypeConversionException(
                        "'" + text + "' is no regular expression: " + e.getDescription());
            }
        }
    }

    @Override
    public Integer call() {
        try (var sandbox = Lookup.sandbox(session, name);
                var entries =
                        sandbox.logs(l -> {
                            l.sources(sources.toArray(LogSource[]::new));
                            if (since != null) {
                                l.since(since);
                            }
                            if (follow) {
                                l.follow();
                            }
                        })) {
            print(entries.filter(this::isWanted).iterator());
        }
        return 0;
    }

    private boolean isWanted(LogEntry entry) {
        var line = LogLine.of(entry);
        return (exec == null || exec.equals(line.exec()))
                && (grep == null || grep.matcher(line.text()).find());
    }

    /// Stops when nobody reads any more.
    private void print(Iterator<LogEntry> entries) {
        boolean forPrograms = json || format.json();
        while (!session.out().checkError() && entries.hasNext()) {
            var entry = entries.next();
            var line = LogLine.of(entry);
            if (forPrograms) {
                session.print(Fields.line(Fields.of(entry)));
            } else if (!format.quiet) {
                session.print(line.shown(session.terminal().colours()));
            } else if (!line.exec().isEmpty()) {
                session.print(line.exec());
            }
        }
    }
}
