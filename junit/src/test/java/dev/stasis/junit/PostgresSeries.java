package dev.stasis.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.stasis.Sandbox;
import dev.stasis.Stasis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// Measures what a test in a fork takes, against restarting PostgreSQL and against restoring a dump
/// before each test, in a sandbox like the tests' own; and the second run's start against the
/// first. Run by hand, see SPECIFICATION.md.
final class PostgresSeries {
    private static final int TESTS = 20;
    private static final int ROUNDS = 5;

    private PostgresSeries() {}

    /// The least that a run does.
    @Sandboxed(name = "db", image = Postgres.IMAGE, ports = Postgres.PORT)
    static class One extends PostgresCases.Seeded {
        @Test
        void changesOrders(Sandbox db) throws SQLException {
            change(db);
        }
    }

    /// What is measured.
    @Sandboxed(name = "db", image = Postgres.IMAGE, ports = Postgres.PORT)
    static class Many extends PostgresCases.Seeded {
        @RepeatedTest(TESTS)
        void changesOrders(Sandbox db) throws SQLException {
            change(db);
        }
    }

    private static void change(Sandbox db) throws SQLException {
        try (var connection = Postgres.connect(db);
                var statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM orders WHERE id <= 100");
        }
    }

    /// Prints milliseconds.
    ///
    /// @param args the folder of a home, which is made
    public static void main(String[] args) throws Exception {
        Postgres.makeImage();
        var home = Files.createDirectories(Path.of(args[0]));
        System.setProperty(Configuration.HOME, home.toString());
        long first = run(One.class);
        long second = run(One.class);
        System.out.printf(
                "run of one test: first %d ms, second %d ms, ratio %.2f%n",
                first, second, (double) second / first);
        long fork = (run(Many.class) - second) / (TESTS - 1);
        try (var stasis = Stasis.open(home);
                var db = stasis.create("db", s -> s.image(Postgres.IMAGE).publish(Postgres.PORT))) {
            Postgres.start(db);
            Postgres.seed(db);
            long restart = median(() -> restart(db));
            Cases.sh(db, "su postgres -c 'pg_dump -Fc -f /tmp/dump postgres'");
            long dump = median(() -> restoreDump(db));
            System.out.printf(
                    "a test: fork %d ms, restart %d ms (ratio %.2f), dump %d ms (ratio %.2f)%n",
                    fork, restart, (double) fork / restart, dump, (double) fork / dump);
        }
    }

    private static void restart(Sandbox db) throws SQLException {
        Postgres.control(db, "restart");
        change(db);
    }

    private static void restoreDump(Sandbox db) throws SQLException {
        Cases.sh(
                db,
                "su postgres -c 'psql -qc \"DROP TABLE orders\" && pg_restore -d postgres /tmp/dump'");
        change(db);
    }

    private interface Measured {
        void run() throws SQLException;
    }

    private static long median(Measured measured) throws SQLException {
        long[] millis = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long begun = System.nanoTime();
            measured.run();
            millis[i] = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        }
        Arrays.sort(millis);
        return millis[ROUNDS / 2];
    }

    private static long run(Class<?> tests) {
        var listener = new SummaryGeneratingListener();
        var request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests));
        long begun = System.nanoTime();
        LauncherFactory.create().execute(request.build(), listener);
        if (listener.getSummary().getTotalFailureCount() != 0) {
            throw new AssertionError(listener.getSummary().getFailures().getFirst().getException());
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    }
}
