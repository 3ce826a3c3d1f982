package dev.stasis.bench;

import dev.stasis.Sandbox;
import dev.stasis.junit.Sandboxed;
import dev.stasis.junit.Warmup;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// A suite of tests of which each has a database of its own, as a program that says when a test
/// begins and when it is done.
@Sandboxed(name = "db", image = OrdersDatabase.IMAGE, ports = OrdersDatabase.PORT)
final class OrdersSuite {
    static final int TESTS = 20;
    static final String BEGUN = "begun";
    static final String DONE = "done";

    @Warmup(classes = OrdersDatabase.class)
    static void seed(Sandbox db) {
        OrdersDatabase.seed(db);
    }

    @RepeatedTest(TESTS)
    void changesOrders(Sandbox db) throws SQLException {
        System.out.println(BEGUN);
        OrdersDatabase.change(db);
        System.out.println(DONE);
    }

    /// Runs the tests.
    public static void main(String... arguments) {
        var request =
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(DiscoverySelectors.selectClass(OrdersSuite.class))
                        .build();
        var listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        var summary = listener.getSummary();
        if (summary.getTestsSucceededCount() != TESTS) {
            summary.printFailuresTo(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
            System.exit(1);
        }
    }
}
