package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.ExecBuilder;
import dev.stasis.ExecOutcome;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// An image with one static program and nothing else, and what an image says about its commands.
class MinimalImageTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final String PROGRAM =
            """
            #include <stdio.h>
            #include <stdlib.h>
            #include <unistd.h>
            int main(int count, char **words) {
                char folder[256] = "";
                printf("%d:%d %s %s %s", getuid(), getgid(), getcwd(folder, 256), getenv("HOME"),
                    getenv("COLOUR") ? getenv("COLOUR") : "-");
                printf(access("/proc/self/status", R_OK) ? " no proc" : " proc");
                for (int i = 1; i < count; i++) printf(" %s", words[i]);
                puts("");
                return 0;
            }
            """;

    private static final String CONFIG =
            "\"config\":{\"entrypoint\":[\"/hello\",\"first\"],\"cmd\":[\"second\"],"
                    + "\"env\":{\"COLOUR\":\"red\",\"SIZE\":\"big\"},\"user\":\"7:8\","
                    + "\"workingDir\":\"/work/here\",\"stopSignal\":\"SIGQUIT\",\"exposedPorts\":[],\"labels\":{}}";

    @TempDir Path folder;

    @Test
    void anImageOfOneStaticProgramWorks() throws Exception {
        var tar = tar("plain");
        try (var box = MACHINES.stasis().create("box", s -> s.image(tar.toString()))) {
            assertThat(box.exec("/hello", "x").orThrow().stdout())
                    .isEqualTo("0:0 / /root - proc x\n");
            assertThat(box.exec("sh").outcome())
                    .isInstanceOfSatisfying(
                            ExecOutcome.NotStarted.class,
                            not -> assertThat(not.exitCode()).isEqualTo(127));
            assertThat(box.exec(e -> e.command("/hello").user("nobody")).outcome())
                    .isInstanceOfSatisfying(
                            ExecOutcome.NotStarted.class,
                            not ->
                                    assertThat(not.reason())
                                            .contains("nobody")
                                            .contains("/etc/passwd has no such user"));
            assertThatThrownBy(() -> box.exec(ExecBuilder::imageProgram))
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
            try (var fork = box.snapshot().restore("fork")) {
                assertThat(fork.exec("/hello").orThrow().stdout())
                        .isEqualTo("0:0 / /root - proc\n");
            }
        }
    }

    @Test
    void commandsRunAsTheImageSaysUnlessToldOtherwise() throws Exception {
        var tar = tar("configured");
        try (var _ = MACHINES.stasis().create("first", s -> s.image(tar.toString()))) {
            configure(); // what an OCI image would have brought along
        }
        try (var box =
                MACHINES.stasis()
                        .create("box", s -> s.image(tar.toString()).env("SIZE", "small"))) {
            assertAsConfigured(box);
            assertThat(
                            said(
                                    box,
                                    e ->
                                            e.command("/hello")
                                                    .user("9")
                                                    .folder("/")
                                                    .env("COLOUR", "blue")))
                    .isEqualTo("9:0 / / blue proc");
            assertThat(box.info().env()).containsEntry("SIZE", "small");
            try (var fork = box.snapshot().restoreWith("fork", r -> r.env("COLOUR", "green"))) {
                assertThat(said(fork, ExecBuilder::imageProgram))
                        .isEqualTo("7:8 /work/here / green proc first second");
                fork.stop();
            }
        }
    }

    private static void assertAsConfigured(Sandbox box) {
        assertThat(said(box, e -> e.command("/hello"))).isEqualTo("7:8 /work/here / red proc");
        assertThat(said(box, ExecBuilder::imageProgram))
                .isEqualTo("7:8 /work/here / red proc first second");
        assertThat(said(box, e -> e.imageProgram().command("other")))
                .isEqualTo("7:8 /work/here / red proc first other");
    }

    private static String said(Sandbox sandbox, Consumer<ExecBuilder> settings) {
        return sandbox.exec(settings).orThrow().stdout().stripTrailing();
    }

    private static void configure() throws IOException {
        try (var files = Files.walk(MACHINES.home().resolve("images"))) {
            var record =
                    files.filter(f -> f.endsWith("image.json"))
                            .filter(f -> contains(f, "configured"))
                            .findFirst()
                            .orElseThrow();
            var text = Files.readString(record);
            Files.delete(record);
            Files.writeString(
                    record,
                    text.substring(0, text.indexOf('{') + 1)
                            + CONFIG
                            + ","
                            + text.substring(text.indexOf('{') + 1)
                                    .replaceFirst(
                                            ",?\\s*\"config\"\\s*:\\s*\\{[^{}]*(\\{[^{}]*\\}[^{}]*)*\\}",
                                            ""));
        }
    }

    private static boolean contains(Path file, String word) {
        try {
            return Files.readString(file).contains(word);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path tar(String name) throws Exception {
        var tree = Files.createDirectory(folder.resolve(name));
        Files.writeString(folder.resolve("hello.c"), PROGRAM);
        StaticProgram.compile(folder.resolve("hello.c"), tree.resolve("hello"));
        Files.writeString(tree.resolve("about"), name); // two images, two digests
        var tar = folder.resolve(name + ".tar");
        run("tar", "-cf", tar.toString(), "-C", tree.toString(), "hello", "about");
        return tar;
    }

    private static void run(String... command) throws Exception {
        var process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(command[0]).isZero();
    }
}
