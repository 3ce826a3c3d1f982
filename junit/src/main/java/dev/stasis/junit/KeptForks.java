package dev.stasis.junit;

import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Keeps the forks of a test that failed as named snapshots, and says in the report how each is
/// restored.
final class KeptForks {
    private static final Duration KEPT_FOR = Duration.ofDays(7);
    private static final int LONGEST_PART = 20;

    private final Session session;
    private final ExtensionContext test;
    private final Throwable failure;

    KeptForks(Session session, ExtensionContext test, Throwable failure) {
        this.session = session;
        this.test = test;
        this.failure = failure;
    }

    void keep(Map<String, Sandbox> forks) {
        forks.forEach((name, fork) -> {
            try {
                keep(name, fork);
            } catch (StasisException e) {
                failure.addSuppressed(
                        new Notice(
                                "The fork of '%s' could not be kept: %s"
                                        .formatted(name, e.getMessage())));
            }
        });
    }

    private void keep(String sandbox, Sandbox fork) {
        var snapshot = fork.snapshot();
        String method = WarmSnapshot.asName(test.getRequiredTestMethod().getName(), LONGEST_PART);
        String name =
                "failed-%s-%s-%s"
                        .formatted(
                                WarmSnapshot.asName(
                                        test.getRequiredTestClass().getSimpleName(), LONGEST_PART),
                                method,
                                snapshot.id());
        snapshot.saveNamed(
                name, save -> save.label(WarmSnapshot.LABEL, "failed").keepFor(KEPT_FOR));
        String home =
                session.configuration().home().isPresent()
                        ? "STASIS_HOME=" + session.stasis().home() + " "
                        : "";
        String command = home + "stasis restore " + name + " failed-" + method;
        test.publishReportEntry(Map.of(Configuration.KEEP + "." + sandbox, command));
        failure.addSuppressed(
                new Notice(
                        "The fork of '%s' was kept for %d days, restore it with: %s"
                                .formatted(sandbox, KEPT_FOR.toDays(), command)));
    }

    /// Goes into the report with the failure; never thrown.
    private static final class Notice extends Exception {
        private static final long serialVersionUID = 1L;

        Notice(String message) {
            super(message, null, false, false);
        }
    }
}
