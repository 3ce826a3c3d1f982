package dev.stasis.itest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Runs a main class in a JVM of its own, on the same class path and a given home.
final class OtherJvm {
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    private final Path home;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final Map<String, String> env = new HashMap<>();

    private String classPath = System.getProperty("java.class.path");

    private Duration deadline = DEADLINE;

    private OtherJvm(Path home) {
        this.home = home;
    }

    static OtherJvm on(Path home) {
        return new OtherJvm(home);
    }

    /// What it wrote to stdout and stderr; it must exit with 0.
    static String run(Path home, Class<?> main, String... args)
            throws IOException, InterruptedException {
        return on(home).run(main, args);
    }

    /// A command that runs the JVM, such as `setpriv`.
    OtherJvm under(String... command) {
        prefix.addAll(List.of(command));
        return this;
    }

    /// Another class path than that of this JVM.
    OtherJvm classPath(String path) {
        classPath = path;
        return this;
    }

    /// How long it may take; three minutes unless something else is said.
    OtherJvm deadline(Duration longest) {
        deadline = longest;
        return this;
    }

    /// An option of the JVM.
    OtherJvm option(String option) {
        options.add(option);
        return this;
    }

    /// A variable of its environment.
    OtherJvm env(String name, String value) {
        env.put(name, value);
        return this;
    }

    /// What a process wrote and how it ended.
    record Ended(int exitCode, String output) {}

    String run(Class<?> main, String... args) throws IOException, InterruptedException {
        var ended = runToEnd(main, args);
        if (ended.exitCode() != 0) {
            throw new AssertionError(
                    main.getName()
                            + " ended with exit code "
                            + ended.exitCode()
                            + ":\n"
                            + ended.output());
        }
        return ended.output();
    }

    Ended runToEnd(Class<?> main, String... args) throws IOException, InterruptedException {
        try (var running = start(main, args)) {
            return new Ended(running.awaitEnd(deadline), running.output());
        }
    }

    /// Starts it. The caller waits for it or kills it.
    RunningJvm start(Class<?> main, String... args) throws IOException {
        return RunningJvm.start(prepared(main, args));
    }

    /// It, not started.
    ProcessBuilder prepared(Class<?> main, String... args) {
        var command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(args));
        var builder = new ProcessBuilder(command);
        builder.environment().put("STASIS_HOME", home.toString());
        builder.environment().putAll(env);
        return builder;
    }
}
