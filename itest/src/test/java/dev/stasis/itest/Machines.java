package dev.stasis.itest;

import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Real sandboxes for a test class: a home of its own, one sandbox for each stage of life, and a
/// check after every test that nothing was left behind. A failed test keeps the logs of its
/// machines and says where.
final class Machines
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    /// How a sandbox came to be where it is: guest behaviour is tested in each of these.
    enum Stage {
        BOOTED,
        RESUMED,
        FORKED
    }

    private final Map<Stage, Sandbox> staged = new EnumMap<>(Stage.class);
    private final List<AutoCloseable> shared = new ArrayList<>();
    private Path home;
    private Stasis stasis;
    private Leaks before;

    Stasis stasis() {
        return stasis;
    }

    Path home() {
        return home;
    }

    /// The class's sandbox of that stage, made when it is first asked for. Tests leave it usable.
    Sandbox at(Stage stage) {
        var known = staged.get(stage);
        if (known != null) {
            return known;
        }
        var made =
                switch (stage) {
                    case BOOTED -> booted();
                    case RESUMED -> resumed();
                    case FORKED -> forked();
                };
        staged.put(stage, made);
        shared.add(made);
        before = Leaks.of(home);
        return made;
    }

    /// Without a template.
    private Sandbox booted() {
        System.setProperty("dev.stasis.templates", "off");
        try {
            return stasis.create("booted", _ -> {});
        } finally {
            System.clearProperty("dev.stasis.templates");
        }
    }

    private Sandbox resumed() {
        var source = stasis.create("resumed", _ -> {});
        shared.add(source);
        source.snapshot();
        source.resume();
        return source;
    }

    private Sandbox forked() {
        var source = at(Stage.RESUMED);
        Snapshot snapshot = source.snapshot();
        source.resume();
        return snapshot.restore("forked");
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        home = Files.createTempDirectory("stasis-itest-");
        stasis = Stasis.open(home);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        before = Leaks.of(home);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            keepLogs(context);
        }
        Leaks.of(home).failUnlessLike(before);
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        for (var each : shared.reversed()) {
            each.close();
        }
        stasis.close();
        var left = Leaks.of(home);
        Files.walkFileTree(home, new DeleteAll());
        left.failUnlessLike(Leaks.NONE);
    }

    private void keepLogs(ExtensionContext context) {
        var kept =
                Path.of(
                        "target",
                        "failed",
                        context.getRequiredTestClass().getSimpleName()
                                + "-"
                                + context.getDisplayName().replaceAll("\\W+", "_"));
        try (var files = Files.walk(home)) {
            for (var log :
                    files.filter(f -> f.toString().contains("/logs/") && Files.isRegularFile(f))
                            .toList()) {
                var copy = kept.resolve(home.relativize(log).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(log, copy, StandardCopyOption.REPLACE_EXISTING);
            }
            System.err.println("Logs of the machines are kept in " + kept.toAbsolutePath());
        } catch (IOException e) {
            System.err.println("The logs of the machines could not be kept: " + e);
        }
    }
}
