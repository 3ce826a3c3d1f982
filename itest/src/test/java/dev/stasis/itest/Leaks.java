package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.store.Home;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// What hangs on a home: processes that name it, sandboxes, snapshots, leftovers, and run folders.
record Leaks(
        Set<String> processes,
        Set<String> sandboxes,
        Set<String> snapshots,
        Set<String> runFolders) {
    static final Leaks NONE = new Leaks(Set.of(), Set.of(), Set.of(), Set.of());

    static Leaks of(Path home) {
        var runtime = Home.runtimeFolder(home);
        return new Leaks(
                processesNaming(home, runtime),
                names(home.resolve("sandboxes"), _ -> true),
                names(home.resolve("snapshots"), name -> !name.equals("names")),
                names(runtime, _ -> true));
    }

    void failUnlessLike(Leaks expected) {
        assertThat(this).as("what hangs on the home afterwards").isEqualTo(expected);
    }

    /// The machines' processes (not this JVM's other children) that name the home or its runtime
    /// folder in their command line.
    private static Set<String> processesNaming(Path home, Path runtime) {
        return ProcessHandle.allProcesses()
                .filter(p -> p.pid() != ProcessHandle.current().pid())
                .map(p -> p.pid() + " " + commandLine(p.pid()))
                .filter(line -> line.contains(home.toString()) || line.contains(runtime.toString()))
                .map(line -> line.substring(0, Math.min(line.length(), 120)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .replace('\0', ' ');
        } catch (IOException e) {
            return ""; // it has ended meanwhile
        }
    }

    private static Set<String> names(Path folder, Predicate<String> counted) {
        try (var entries = Files.list(folder)) {
            return entries.map(e -> e.getFileName().toString())
                    .filter(counted)
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (NoSuchFileException e) {
            return Set.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
