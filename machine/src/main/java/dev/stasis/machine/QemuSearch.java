package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Looks for a QEMU that can be used, and remembers why the others can't.
final class QemuSearch {
    private static final String PROGRAM = "qemu-system-x86_64";
    private static final String ADVICE =
            "; install it (apt install qemu-system-x86) or name one in " + Qemu.VARIABLE;
    private static final Duration ANSWER = Duration.ofSeconds(20);
    private static final int BANNER_BYTES = 4096;

    private final Map<String, String> environment;
    private final SmallCache cache;
    private final List<String> tried = new ArrayList<>();

    QemuSearch(Map<String, String> environment, SmallCache cache) {
        this.environment = environment;
        this.cache = cache;
    }

    Qemu find() {
        for (var candidate : candidates()) {
            var found = check(candidate);
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new StasisException(
                ErrorCode.PROGRAM_MISSING,
                "No QEMU "
                        + QemuVersion.OLDEST
                        + " or newer was found: "
                        + (tried.isEmpty() ? "the PATH is empty" : String.join("; ", tried))
                        + ADVICE);
    }

    private List<Path> candidates() {
        var named = environment.get(Qemu.VARIABLE);
        if (named != null && !named.isEmpty()) {
            return path(named).map(Path::toAbsolutePath).stream().toList();
        }
        var candidates = new ArrayList<Path>();
        for (var folder : environment.getOrDefault("PATH", "").split(":", -1)) {
            if (!folder.isEmpty()) {
                path(folder).map(p -> p.resolve(PROGRAM)).ifPresent(candidates::add);
            }
        }
        return candidates;
    }

    private Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            tried.add(e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Qemu> check(Path executable) {
        try {
            if (!Files.isRegularFile(executable)) {
                tried.add(executable + " does not exist");
                return Optional.empty();
            }
            if (!Files.isExecutable(executable)) {
                tried.add(executable + " is not executable");
                return Optional.empty();
            }
            return usable(executable);
        } catch (IOException e) {
            tried.add(executable + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Qemu> usable(Path executable) throws IOException {
        var fingerprint =
                Files.size(executable)
                        + "-"
                        + Files.getLastModifiedTime(executable).to(TimeUnit.NANOSECONDS);
        var version = version(executable, fingerprint);
        if (version.isEmpty()) {
            return Optional.empty();
        }
        if (version.get().compareTo(QemuVersion.OLDEST) < 0) {
            tried.add(executable + " is too old: " + version.get());
            return Optional.empty();
        }
        return Optional.of(new Qemu(executable, version.get(), fingerprint));
    }

    private Optional<QemuVersion> version(Path executable, String fingerprint) throws IOException {
        String key = executable + " " + fingerprint;
        var known = cache.read("qemu", key).map(QemuSearch::remembered);
        if (known.isPresent()) {
            return known;
        }
        var asked = ask(executable);
        asked.ifPresent(v -> cache.write("qemu", key, Map.of("version", v.toString())));
        return asked;
    }

    private static QemuVersion remembered(Map<String, Object> entry) {
        return QemuVersion.parse(String.valueOf(entry.get("version")));
    }

    private Optional<QemuVersion> ask(Path executable) throws IOException {
        var process =
                new ProcessBuilder(executable.toString(), "--version")
                        .redirectErrorStream(true)
                        .start();
        try (var output = process.getInputStream()) {
            process.getOutputStream().close();
            if (!process.waitFor(ANSWER)) {
                tried.add(executable + " --version gave no answer in " + ANSWER.toSeconds() + " s");
                return Optional.empty();
            }
            var text = new String(output.readNBytes(BANNER_BYTES), StandardCharsets.UTF_8);
            var version = QemuVersion.ofBanner(text);
            if (version.isEmpty()) {
                tried.add(executable + " --version does not say that it is QEMU");
            }
            return version;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + executable, e);
        } finally {
            process.destroyForcibly();
        }
    }
}
