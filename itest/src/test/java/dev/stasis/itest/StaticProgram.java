package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// A program that runs in any guest, made from C.
final class StaticProgram {
    private final byte[] content;

    private StaticProgram(byte[] content) {
        this.content = content;
    }

    static StaticProgram of(Path source) throws IOException, InterruptedException {
        var file = Files.createTempFile("stasis-itest-", ".program");
        try {
            compile(source, file);
            return new StaticProgram(Files.readAllBytes(file));
        } finally {
            Files.delete(file);
        }
    }

    static void compile(Path source, Path target) throws IOException, InterruptedException {
        var compiler =
                new ProcessBuilder(
                                "musl-gcc",
                                "-static",
                                "-O2",
                                "-o",
                                target.toString(),
                                source.toString())
                        .inheritIO()
                        .start();
        assertThat(compiler.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(compiler.exitValue()).as("musl-gcc " + source).isZero();
    }

    /// Puts it into a sandbox, under this path.
    void into(Sandbox sandbox, String path) {
        var script = "cat > %s && chmod 755 %s".formatted(path, path);
        sandbox.exec(e -> e.command("sh", "-c", script).stdin(new ByteArrayInputStream(content)))
                .orThrow();
    }
}
