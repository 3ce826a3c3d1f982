package dev.stasis.bench;

import dev.stasis.Sandbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Tests that each have a fork of a database of their own, against restarting the database and
/// against restoring a dump before each, in a sandbox like theirs.
final class JunitPart {
    private static final int ROUNDS = 5;

    /// The first of them warms the database up.
    private static final int RUNS = 3;

    private static final int LONGEST_SECONDS = 120;
    private static final double NANOS_OF_A_MILLISECOND = 1e6;

    private final Run run;
    private final @Nullable Path image;

    /// @param image the root file system with the database, in a tar file; null when there is none
    JunitPart(Run run, @Nullable Path image) {
        this.run = run;
        this.image = image;
    }

    void measure() throws IOException, SQLException {
        if (image == null) {
            run.note("tests in forks are not measured: mmdebstrap is missing");
            return;
        }
        suite(image, Metric.JUNIT_FIRST);
        for (int i = 1; i < RUNS; i++) {
            suite(image, Metric.JUNIT_AGAIN);
        }
        try (var db =
                run.stasis()
                        .stasis()
                        .create(
                                "orders",
                                s -> s.image(image.toString()).publish(OrdersDatabase.PORT))) {
            OrdersDatabase.seed(db);
            OrdersDatabase.dump(db);
            OrdersDatabase.change(db);
            for (int i = 0; i < ROUNDS; i++) {
                others(db);
            }
        }
    }

    private void others(Sandbox db) throws SQLException {
        long start = System.nanoTime();
        OrdersDatabase.change(db);
        run.samples().addSince(Series.of(Metric.JUNIT_TEST, Arm.FLOOR), start);
        start = System.nanoTime();
        OrdersDatabase.restart(db);
        OrdersDatabase.change(db);
        run.samples().addSince(Series.of(Metric.JUNIT_RESTART, Arm.COLD), start);
        start = System.nanoTime();
        OrdersDatabase.restoreDump(db);
        OrdersDatabase.change(db);
        run.samples().addSince(Series.of(Metric.JUNIT_DUMP, Arm.COLD), start);
    }

    /// Runs the tests in a Java of their own.
    ///
    /// @param begin what the time until the first test has its fork is a value of
    private void suite(Path tar, Metric begin) throws IOException {
        var builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-XX:+UseSerialGC",
                                "-Dstasis.junit.home=" + run.stasis().root(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                OrdersSuite.class.getName())
                        .directory(Objects.requireNonNull(tar.getParent()).toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT);
        long start = System.nanoTime();
        var process = builder.start();
        try (var said =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            take(said, start, begin);
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("the suite of tests did not pass, see above");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while tests run", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private void take(BufferedReader said, long start, Metric begin) throws IOException {
        long begun = 0;
        long done = 0;
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            long now = System.nanoTime();
            if (line.equals(OrdersSuite.BEGUN)) {
                if (begun == 0) {
                    add(begin, now - start);
                }
                begun = now;
            } else if (line.equals(OrdersSuite.DONE)) {
                add(Metric.JUNIT_BODY, now - begun);
                if (done != 0) {
                    add(Metric.JUNIT_TEST, now - done);
                }
                done = now;
            }
        }
    }

    private void add(Metric metric, long nanos) {
        run.samples().add(Series.of(metric, Arm.COLD), nanos / NANOS_OF_A_MILLISECOND);
    }
}
