package dev.stasis.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/// Runs test classes in a JVM of its own, with any JUnit.
final class RunCases {
    private static final int MINUTES = 5;

    private RunCases() {}

    /// Runs classes.
    ///
    /// @param args their names
    public static void main(String[] args) throws Exception {
        var request = LauncherDiscoveryRequestBuilder.request();
        for (String each : args) {
            request.selectors(selectClass(Class.forName(each)));
        }
        var listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request.build(), listener);
        var summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        System.out.println(
                "JUnit %s: %d succeeded, %d failed"
                        .formatted(
                                Test.class.getPackage().getImplementationVersion(),
                                summary.getTestsSucceededCount(),
                                summary.getTotalFailureCount()));
    }

    /// A JVM that runs classes; its output goes to a file.
    static Process start(Path home, Path output, List<String> options, Class<?>... classes)
            throws IOException {
        return command(home, output, System.getProperty("java.class.path"), options, classes)
                .start();
    }

    static ProcessBuilder command(
            Path home, Path output, String classPath, List<String> options, Class<?>... classes) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"));
        command.add("-D" + Configuration.HOME + "=" + home);
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, RunCases.class.getName()));
        Arrays.stream(classes).map(Class::getName).forEach(command::add);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
    }

    /// What it wrote, once it has ended.
    static String ended(Process process, Path output) throws Exception {
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("It did not end:\n" + Files.readString(output));
        }
        return Files.readString(output);
    }

    /// The class path of this JVM with an older JUnit in place of its own.
    static String withOldestJunit() throws IOException {
        var entries = new ArrayList<String>();
        try (var jars = Files.list(Path.of("target", "oldest-junit"))) {
            jars.map(jar -> jar.toAbsolutePath().toString()).forEach(entries::add);
        }
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (!entry.contains("/org/junit/")) {
                entries.add(entry);
            }
        }
        return String.join(File.pathSeparator, entries);
    }
}
