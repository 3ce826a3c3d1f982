package dev.stasis.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A machine that is a program which sleeps, started by the real launcher and attached to this
/// process. Any port of this computer leads to its port 80; its guest is the test's.
final class SleepingMachine implements AutoCloseable {
    private static final long LONG_SECONDS = 60;

    private final Path folder;
    private final Process launcher;
    private final long program;

    SleepingMachine(Path folder) throws IOException {
        this.folder = folder;
        var command =
                List.of(
                        GuestResources.extract(folder.resolve("boot")).launcher().toString(),
                        "--run",
                        "" + folder,
                        "--logs",
                        "" + folder,
                        "--attached",
                        "--lane",
                        "" + lane(),
                        "--publish",
                        "127.0.0.1/0/80",
                        "--",
                        "sleep",
                        "1000");
        launcher = new ProcessBuilder(command).redirectErrorStream(true).start();
        var answer = launcher.inputReader(StandardCharsets.UTF_8).readLine();
        assertThat(answer).startsWith("started ");
        program = Long.parseLong(answer.split(" ", -1)[1]);
    }

    /// The lane of its published port.
    Path lane() {
        return folder.resolve("lane.1");
    }

    /// The port of this computer.
    int port() throws IOException {
        var line = Files.readString(folder.resolve("ports")).strip().split(" ");
        assertThat(line).hasSize(3).startsWith("127.0.0.1").endsWith("80");
        return Integer.parseInt(line[1]);
    }

    Process launcher() {
        return launcher;
    }

    /// The pipe to the launcher.
    OutputStream owner() {
        return launcher.getOutputStream();
    }

    /// Ends the program, as a guest does that switches off.
    void switchOff() {
        ProcessHandle.of(program).ifPresent(ProcessHandle::destroy);
    }

    /// Sends the program a signal.
    void signal(String name) throws IOException, InterruptedException {
        send(name, program);
    }

    /// Sends the launcher a signal.
    void signalLauncher(String name) throws IOException, InterruptedException {
        send(name, launcher.pid());
    }

    private static void send(String signal, long process) throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", "-" + signal, "" + process).inheritIO().start();
        assertThat(kill.waitFor(LONG_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(kill.exitValue()).isZero();
    }

    /// How it ended, as the launcher wrote it down.
    String awaitEnd() throws IOException, InterruptedException {
        assertThat(launcher.waitFor(LONG_SECONDS, TimeUnit.SECONDS)).isTrue();
        return Files.readString(folder.resolve("end")).split(" ", -1)[0];
    }

    /// Lets the launcher believe that its owner is gone, and waits for its end.
    @Override
    public void close() throws IOException {
        owner().close();
        assertThat(launcher.onExit()).succeedsWithin(LONG_SECONDS, TimeUnit.SECONDS);
    }
}
