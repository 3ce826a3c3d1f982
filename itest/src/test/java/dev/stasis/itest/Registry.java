package dev.stasis.itest;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Debian's docker-registry, run on this computer for a test, without TLS and logins.
final class Registry implements AutoCloseable {
    private final Path folder;
    private final int port;
    private final Process process;

    private Registry(Path folder, int port, Process process) {
        this.folder = folder;
        this.port = port;
        this.process = process;
    }

    static Registry start() throws Exception {
        var folder = Files.createTempDirectory("itest-registry-");
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.writeString(
                folder.resolve("config.yml"),
                """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: data}}
                http: {addr: 127.0.0.1:%d}
                """
                        .formatted(port));
        var process =
                new ProcessBuilder("docker-registry", "serve", "config.yml")
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
        Eventually.is(Duration.ofMinutes(1), "the registry answers", () -> answers(port));
        return new Registry(folder, port, process);
    }

    private static boolean answers(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /// A folder for what is pushed, which goes with this.
    Path folder() {
        return folder;
    }

    String host() {
        return "127.0.0.1:" + port;
    }

    /// Runs a program in the folder; it must succeed.
    void run(String... command) throws Exception {
        var builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("HOME", folder.toString());
        var started = builder.start();
        var said = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (started.waitFor() != 0) {
            throw new AssertionError(List.of(command) + " said " + said);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        Files.walkFileTree(folder, new DeleteAll());
    }
}
