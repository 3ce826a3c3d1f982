package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.cli.Main;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A terminal with somebody who types and looks: a tmux of its own with one shell in it.
final class Tmux implements AutoCloseable {
    private static final Duration LONG = Duration.ofMinutes(2);

    private final Path socket;
    private final Path home;

    /// @param socket where tmux listens
    /// @param home the home of the command line that is typed
    Tmux(Path socket, Path home) throws IOException, InterruptedException {
        this.socket = socket;
        this.home = home;
        tmux(
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                "100",
                "-y",
                "30",
                "env PS1='host$ ' sh");
    }

    /// Types a command line of Stasis.
    void stasis(String... args) throws IOException, InterruptedException {
        var command = OtherJvm.on(home).prepared(Main.class, args).command();
        type(
                command.stream()
                        .map(word -> "'" + word + "'")
                        .collect(Collectors.joining(" ", "STASIS_HOME='" + home + "' ", "")));
        keys("Enter");
    }

    /// Types a text as it is.
    void type(String text) throws IOException, InterruptedException {
        tmux("send-keys", "-l", text);
    }

    /// Types a line.
    void line(String text) throws IOException, InterruptedException {
        type(text);
        keys("Enter");
    }

    /// Types keys by their names in tmux.
    void keys(String... names) throws IOException, InterruptedException {
        var args = new ArrayList<>(List.of("send-keys"));
        args.addAll(List.of(names));
        tmux(args.toArray(String[]::new));
    }

    void resize(int columns, int rows) throws IOException, InterruptedException {
        tmux("resize-window", "-x", Integer.toString(columns), "-y", Integer.toString(rows));
    }

    /// What can be seen.
    String screen() throws IOException, InterruptedException {
        return tmux("capture-pane", "-p", "-J");
    }

    /// Looks until a line of the screen is this one.
    void awaitLine(String text) throws IOException, InterruptedException {
        long end = System.nanoTime() + LONG.toNanos();
        for (var seen = screen();
                seen.lines().noneMatch(line -> line.strip().equals(text));
                seen = screen()) {
            assertThat(System.nanoTime())
                    .as("'" + text + "' on the screen:\n" + seen)
                    .isLessThan(end);
            Thread.sleep(50);
        }
    }

    /// Looks until the last line of the screen is this one.
    void awaitLast(String text) throws IOException, InterruptedException {
        long end = System.nanoTime() + LONG.toNanos();
        for (var seen = screen(); !seen.strip().endsWith(text); seen = screen()) {
            assertThat(System.nanoTime())
                    .as("'" + text + "' at the end of the screen:\n" + seen)
                    .isLessThan(end);
            Thread.sleep(50);
        }
    }

    /// Looks until a text is on the screen.
    void await(String text) throws IOException, InterruptedException {
        long end = System.nanoTime() + LONG.toNanos();
        for (var seen = screen(); !seen.contains(text); seen = screen()) {
            assertThat(System.nanoTime())
                    .as("'" + text + "' on the screen:\n" + seen)
                    .isLessThan(end);
            Thread.sleep(50);
        }
    }

    private String tmux(String... args) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("tmux", "-S", socket.toString()));
        command.addAll(List.of(args));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(command + ": " + output).isZero();
        return output;
    }

    @Override
    public void close() throws IOException {
        try {
            tmux("kill-server");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
