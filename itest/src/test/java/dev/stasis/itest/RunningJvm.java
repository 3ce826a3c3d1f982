package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Another JVM, and what it has said. That goes to a file which has no name any more once it runs,
/// so nothing is left of it even when the JVM of the tests is killed.
final class RunningJvm implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    private final Process process;
    private final FileChannel said;

    private RunningJvm(Process process, FileChannel said) {
        this.process = process;
        this.said = said;
    }

    static RunningJvm start(ProcessBuilder builder) throws IOException {
        var file = Files.createTempFile("itest-", ".out");
        try {
            var said = FileChannel.open(file, StandardOpenOption.READ);
            builder.redirectErrorStream(true).redirectOutput(file.toFile());
            return new RunningJvm(builder.start(), said);
        } finally {
            Files.delete(file);
        }
    }

    OutputStream input() {
        return process.getOutputStream();
    }

    /// What it has said so far.
    String output() throws IOException {
        var bytes = ByteBuffer.allocate(Math.toIntExact(said.size()));
        int n;
        do {
            n = said.read(bytes, bytes.position());
        } while (n > 0);
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }

    /// Waits until it has said something.
    void awaitOutput(String text) throws IOException, InterruptedException {
        Eventually.is(
                DEADLINE,
                "the other JVM says '" + text + "'",
                () -> {
                    boolean alive = process.isAlive(); // before it is looked what it has said
                    boolean heard = output().contains(text);
                    assertThat(alive || heard).as(output()).isTrue();
                    return heard;
                });
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// Waits until it ends by itself, and kills it if that takes too long.
    ///
    /// @return its exit code
    int awaitEnd(Duration longest) throws IOException, InterruptedException {
        if (!process.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
            throw new AssertionError(
                    "The other JVM did not end within " + longest + ":\n" + output());
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        said.close();
    }
}
