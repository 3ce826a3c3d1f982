package dev.stasis.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/// The launcher and the payload, compiled from their sources; and other programs of the host.
final class TestTools {
    private static final Path SOURCES = Path.of("../guest").toAbsolutePath().normalize();
    private static final Path MADE = Path.of("target/tools").toAbsolutePath();
    private static final Path LAUNCHER = MADE.resolve("launcher");
    private static final Path TRACKER = MADE.resolve("tracker.so");
    private static final Path PAYLOAD = MADE.resolve("payload.rom");
    private static boolean made;

    private TestTools() {}

    static Qemu qemu() {
        return Qemu.find(MADE);
    }

    static Path launcher() {
        make();
        return LAUNCHER;
    }

    static Path tracker() {
        make();
        return TRACKER;
    }

    static Path payload() {
        make();
        return PAYLOAD;
    }

    private static synchronized void make() {
        if (made) {
            return;
        }
        try {
            Files.createDirectories(MADE);
            var compile =
                    new ArrayList<>(
                            List.of(
                                    "musl-gcc",
                                    "-static",
                                    "-Os",
                                    "-std=gnu17",
                                    "-o",
                                    "" + LAUNCHER));
            try (var sources = Files.newDirectoryStream(SOURCES.resolve("launcher"), "*.c")) {
                sources.forEach(source -> compile.add(source.toString()));
            }
            compile.add(SOURCES.resolve("agent/frames.c").toString());
            run(compile);
            var tracker = SOURCES.resolve("tracker/tracker.c").toString();
            run(List.of("gcc", "-shared", "-fPIC", "-nostdlib", "-o", "" + TRACKER, tracker));
            var object = MADE.resolve("payload.o").toString();
            run(List.of("as", "-o", object, SOURCES.resolve("payload/payload.S").toString()));
            run(
                    List.of(
                            "ld",
                            "-Ttext",
                            "0",
                            "--oformat",
                            "binary",
                            "-e",
                            "0",
                            "-o",
                            PAYLOAD.toString(),
                            object));
            made = true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What another process needs to run the classes of these tests.
    static String classPath() {
        return String.join(
                ":",
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path"),
                "target/classes",
                "target/test-classes");
    }

    /// Writes a program of the shell.
    static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /// Runs a program to its end and gives what it printed; it must succeed.
    static String run(List<String> command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(command + " failed: " + output);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return output;
    }
}
