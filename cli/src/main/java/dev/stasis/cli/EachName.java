package dev.stasis.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Does the same to several names: every one is tried, and each has one outcome.
final class EachName {
    private final Session session;
    private final Format.Choice format;
    private final List<Map<String, @Nullable Object>> outcomes = new ArrayList<>();
    private int exitCode;

    private EachName(Session session, Format.Choice format) {
        this.session = session;
        this.format = format;
    }

    /// Prints each name that it went well for, and says what went wrong for the others; for
    /// programs it prints the outcome of all at the end.
    ///
    /// @return 0, or the highest exit code of those that went wrong
    static int of(
            Session session, List<String> names, Format.Choice format, Consumer<String> action) {
        var each = new EachName(session, format);
        names.forEach(name -> each.attempt(name, action));
        if (format.json()) {
            session.print(Fields.json(each.outcomes));
        }
        return each.exitCode;
    }

    private void attempt(String name, Consumer<String> action) {
        try {
            action.accept(name);
            if (!format.json()) {
                session.print(name);
            }
            outcomes.add(Fields.outcome(name, null));
        } catch (RuntimeException e) {
            session.say(Failures.message(e));
            if (session.terminal().debug()) {
                session.say(Failures.stackTrace(e));
            }
            outcomes.add(Fields.outcome(name, e));
            exitCode = Math.max(exitCode, Failures.exitCode(e));
        }
    }
}
