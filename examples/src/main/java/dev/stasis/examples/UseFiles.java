package dev.stasis.examples;

import dev.stasis.Stasis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Puts a folder into a sandbox, works with its files there, and brings them back.
public final class UseFiles {
    private UseFiles() {}

    /// Prints what is in the sandbox's folder.
    ///
    /// @param args none
    /// @throws IOException when this computer's files fail
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("stasis-example-");
        Path source = Files.createDirectory(folder.resolve("src"));
        Path target = folder.resolve("back");
        Files.writeString(source.resolve("hello.txt"), "hello\n");
        try (var stasis = Stasis.open();
                var sandbox = stasis.create(_ -> {})) {
            // @start region="files"
            sandbox.files().copyIn(source, "/work");
            sandbox.files().writeText("/work/config", "debug = true\n");
            try (var tree = Files.walk(sandbox.path("/work"))) {
                tree.forEach(System.out::println);
            }
            sandbox.files().copyOut("/work", target);
            // @end
            System.out.print(Files.readString(target.resolve("config")));
        }
        for (Path each : new Path[] {target, source}) {
            Files.deleteIfExists(each.resolve("config"));
            Files.delete(each.resolve("hello.txt"));
            Files.delete(each);
        }
        Files.delete(folder);
    }
}
