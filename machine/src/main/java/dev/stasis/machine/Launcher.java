package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Starts machines: each by a launcher program of its own, which stays its parent.
final class Launcher {
    /// The option by which QEMU gets no huge pages. A restored machine's RAM is a mapped file,
    /// which has none anyway; the rest of QEMU is small, and there may be many forks.
    static final String SMALL_PAGES = "--small-pages";

    private static final int LONGEST_ANSWER = 4096;

    /// What QEMU may see of the environment; the rest may hold secrets.
    private static final Set<String> PASSED_ON =
            Set.of("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH");

    private Launcher() {}

    /// Starts a machine and waits until QEMU has been executed.
    ///
    /// @param options of the launcher itself, beyond those of every machine
    /// @return the pipe that the machine's life hangs on if it is attached
    static OutputStream start(
            MachineSpec spec, List<String> options, List<String> qemu, Deadline deadline) {
        var process = launch(spec, options, qemu);
        boolean started = false;
        try {
            var answer = answer(process, deadline);
            if (!answer.startsWith("started ")) {
                PortList.check(answer);
                throw new StasisException(
                        ErrorCode.MACHINE_FAILED,
                        "The launcher could not start "
                                + qemu.getFirst()
                                + ": "
                                + (answer.isEmpty() ? "it said nothing" : answer));
            }
            started = true;
            return process.getOutputStream();
        } catch (TimeoutException e) {
            throw new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "The launcher did not say within "
                            + deadline
                            + " that it started "
                            + qemu.getFirst()
                            + "; see "
                            + spec.files().qemuLog());
        } finally {
            if (!started) {
                process.destroyForcibly();
            }
        }
    }

    private static Process launch(MachineSpec spec, List<String> options, List<String> qemu) {
        var files = spec.files();
        var command = new ArrayList<String>();
        command.add(spec.launcher().toString());
        command.addAll(List.of("--run", files.run().toString(), "--logs", files.logs().toString()));
        if (spec.attached()) {
            command.add("--attached");
        }
        if (spec.tracker() != null) {
            command.addAll(List.of("--preload", spec.tracker().toString()));
        }
        command.addAll(options);
        command.addAll(PortList.options(spec));
        spec.network().forEach(word -> command.addAll(List.of("--network", word)));
        command.add("--");
        command.addAll(qemu);
        var builder =
                new ProcessBuilder(command)
                        .directory(files.run().toFile())
                        .redirectErrorStream(true)
                        .redirectInput(
                                spec.attached()
                                        ? Redirect.PIPE
                                        : Redirect.from(new File("/dev/null")));
        builder.environment().keySet().retainAll(PASSED_ON);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.MACHINE_FAILED,
                    "The launcher " + spec.launcher() + " can't be executed",
                    e);
        }
    }

    /// The launcher's first line, read in a thread of its own: a read of a pipe knows no deadline.
    private static String answer(Process process, Deadline deadline) throws TimeoutException {
        var line = new CompletableFuture<String>();
        Thread.ofPlatform()
                .daemon()
                .name("launcher " + process.pid())
                .start(() -> {
                    try (var reader = process.inputReader()) {
                        line.complete(firstLine(reader));
                    } catch (IOException e) {
                        line.complete(String.valueOf(e.getMessage()));
                    }
                });
        try {
            return line.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED, "Interrupted while starting a machine", e);
        } catch (ExecutionException e) {
            throw new AssertionError("it is never completed so", e);
        }
    }

    private static String firstLine(BufferedReader reader) throws IOException {
        var line = new StringBuilder();
        for (int c = reader.read(); c >= 0 && c != '\n'; c = reader.read()) {
            if (line.length() < LONGEST_ANSWER) {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
