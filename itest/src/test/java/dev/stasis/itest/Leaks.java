package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// What hangs on a home: processes that name it, sandboxes and clones, snapshots, run folders, and
/// what was to be deleted.
record Leaks(
        Set<String> processes,
        Set<String> sandboxes,
        Set<String> snapshots,
        Set<String> runFolders,
        Set<String> trash) {
    static final Leaks NONE = new Leaks(Set.of(), Set.of(), Set.of(), Set.of(), Set.of());

    static Leaks of(Path home) {
        var runtime = runtimeFolder(home);
        return new Leaks(
                processesNaming(home, runtime),
                sandboxesAndClones(home),
                names(home.resolve("snapshots"), name -> !isKnown(home, name)),
                names(runtime, _ -> true),
                names(home.resolve("trash"), _ -> true));
    }

    private static Set<String> sandboxesAndClones(Path home) {
        var all = new TreeSet<>(names(home.resolve("sandboxes"), _ -> true));
        all.addAll(names(home.resolve("pools"), _ -> true));
        return all;
    }

    /// Templates stay for the next sandbox of their image.
    private static boolean isKnown(Path home, String snapshot) {
        return Set.of("names", "pins").contains(snapshot) || templates(home).contains(snapshot);
    }

    /// The ids of the snapshots that are templates.
    static Set<String> templates(Path home) {
        try (var keys = Files.list(home.resolve("templates"))) {
            var ids = new TreeSet<String>();
            for (var key : keys.toList()) {
                ids.add(Files.readString(key).strip());
            }
            return ids;
        } catch (NoSuchFileException e) {
            return Set.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where the sockets of a home's machines are: below XDG_RUNTIME_DIR or /tmp, named by the
    /// digest of the home's path.
    static Path runtimeFolder(Path home) {
        try {
            var digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(home.toString().getBytes(StandardCharsets.UTF_8));
            var hash = HexFormat.of().formatHex(digest, 0, 4);
            int owner = (Integer) Files.getAttribute(home, "unix:uid");
            var own = System.getenv("XDG_RUNTIME_DIR");
            return own == null
                    ? Path.of("/tmp", "stasis-" + owner + "-" + hash)
                    : Path.of(own, "stasis-" + hash);
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
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
