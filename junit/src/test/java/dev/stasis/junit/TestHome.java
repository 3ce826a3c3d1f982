package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.stasis.SandboxInfo;
import dev.stasis.Stasis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/// A home for the runs that a class of tests makes, and a check after each that no sandbox and no
/// process is left.
final class TestHome implements AfterEachCallback, AfterAllCallback {
    private static final Duration LONGEST = Duration.ofMinutes(3);

    private final Path home;

    TestHome() {
        try {
            home = Files.createTempDirectory("stasis-junit-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path() {
        return home;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        assertThat(sandboxes()).as("sandboxes that were left").isEmpty();
        assertThat(processes()).as("processes that were left").isEmpty();
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        try (var files = Files.walk(home)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /// Runs test classes as JUnit does.
    EngineExecutionResults run(Map<String, String> parameters, Class<?>... classes) {
        var kit =
                EngineTestKit.engine("junit-jupiter")
                        .configurationParameter(Configuration.HOME, home.toString())
                        .configurationParameters(parameters);
        for (var each : classes) {
            kit.selectors(selectClass(each));
        }
        return kit.execute();
    }

    EngineExecutionResults run(Class<?>... classes) {
        return run(Map.of(), classes);
    }

    /// The message of each failure, and those of its causes, of tests and of classes.
    static String failures(EngineExecutionResults results) {
        var text = new StringBuilder();
        results.allEvents().finished().stream()
                .flatMap(event ->
                        event
                                .getPayload(org.junit.platform.engine.TestExecutionResult.class)
                                .stream())
                .flatMap(result -> result.getThrowable().stream())
                .forEach(failure -> {
                    for (var each = failure; each != null; each = each.getCause()) {
                        text.append(each).append('\n');
                        for (var beside : each.getSuppressed()) {
                            text.append("beside it: ").append(beside).append('\n');
                        }
                    }
                });
        return text.toString();
    }

    /// The names of the home's named snapshots.
    List<String> snapshots() {
        try (var stasis = Stasis.open(home)) {
            return stasis.snapshots().stream().flatMap(s -> s.name().stream()).toList();
        }
    }

    List<String> sandboxes() {
        try (var stasis = Stasis.open(home)) {
            return stasis.sandboxes().stream().map(SandboxInfo::name).toList();
        }
    }

    /// What is waited for.
    interface Condition {
        boolean holds() throws IOException;
    }

    void await(String what, Condition condition) throws IOException, InterruptedException {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what + " within " + LONGEST).isLessThan(end);
            Thread.sleep(10);
        }
    }

    List<String> processes() {
        return ProcessHandle.allProcesses()
                .filter(p -> p.pid() != ProcessHandle.current().pid())
                .map(p -> commandLine(p.pid()))
                .filter(line -> line.contains(home.toString()))
                .toList();
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .replace('\0', ' ');
        } catch (IOException e) {
            return ""; // it has ended meanwhile
        }
    }
}
