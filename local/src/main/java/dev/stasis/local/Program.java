package dev.stasis.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// Programs of the distribution.
final class Program {
    private Program() {}

    /// Whether a program can be found and executed.
    static boolean onPath(String name) {
        var path = System.getenv().getOrDefault("PATH", "");
        return Arrays.stream(path.split(":"))
                .filter(folder -> !folder.isEmpty())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }
}
