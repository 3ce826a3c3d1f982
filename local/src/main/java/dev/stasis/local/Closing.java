package dev.stasis.local;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Closes several things, each of them whatever the others do.
final class Closing {
    private Closing() {}

    /// Runs all of them in order; the first failure is thrown when all have run, with the others
    /// suppressed.
    static void allOf(List<Runnable> steps) {
        RuntimeException first = null;
        for (var step : steps) {
            try {
                step.run();
            } catch (RuntimeException e) {
                first = add(first, e);
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /// Closes all of them in order.
    static void all(List<LocalSandbox> sandboxes) {
        allOf(sandboxes.stream().<Runnable>map(s -> s::close).toList());
    }

    /// Cleans up after a failure, which keeps what the clean-up fails with.
    static void after(Throwable failure, List<Runnable> steps) {
        try {
            allOf(steps);
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private static RuntimeException add(@Nullable RuntimeException first, RuntimeException next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }
}
