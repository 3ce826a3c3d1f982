package dev.stasis.cli;

import java.util.List;
import java.util.function.Consumer;

/// Does the same to several names: every one is tried, and each has one outcome.
final class EachName {
    private EachName() {}

    /// Prints each name that it went well for, and says what went wrong for the others.
    ///
    /// @return 0, or the highest exit code of those that went wrong
    static int of(Session session, List<String> names, Consumer<String> action) {
        int exitCode = 0;
        for (String name : names) {
            try {
                action.accept(name);
                session.print(name);
            } catch (RuntimeException e) {
                session.say(Failures.message(e));
                if (session.terminal().debug()) {
                    session.say(Failures.stackTrace(e));
                }
                exitCode = Math.max(exitCode, Failures.exitCode(e));
            }
        }
        return exitCode;
    }
}
