package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ExecResult;
import dev.stasis.Sandbox;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What becomes of a command that runs while its sandbox is captured.
class RunningCommandTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    /// Writes a line each 20 ms, more than any pipe holds over the test, until a file appears.
    private static final String TALKER =
            "n=0; while [ ! -e /dev/shm/stop ]; do n=$((n+1)); echo line $n of a talker; echo $n >"
                    + " /dev/shm/.talked; mv /dev/shm/.talked /dev/shm/talked; usleep 20000; done;"
                    + " echo $n lines";

    @Test
    void theSourcesCommandGoesOnForItsCallerAndTheForksCopyWritesToTheLog() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var talking = executor.submit(() -> base.exec("sh", "-c", TALKER));
            Guest.of(base).sh("until [ -s /dev/shm/talked ]; do usleep 10000; done");
            var snapshot = base.snapshot();
            try (var fork = snapshot.restore("fork")) {
                long captured = Guest.of(fork).number("cat /dev/shm/talked");
                Guest.of(fork)
                        .sh(
                                "until [ $(cat /dev/shm/talked) -gt %d ]; do usleep 10000; done"
                                        .formatted(captured + 20));
                var log = MACHINES.home().resolve("sandboxes/fork/logs/guest.log");
                Eventually.is(
                        Duration.ofMinutes(2),
                        "the talker's output in " + log,
                        () ->
                                read(log)
                                        .contains(
                                                "\"stdout\",\"text\":\"line "
                                                        + (captured + 15)
                                                        + " of a talker"));
            }
            base.resume();
            Guest.of(base).sh("touch /dev/shm/stop");
            assertThat(lines(talking.get(60, TimeUnit.SECONDS)))
                    .isGreaterThan(2)
                    .isEqualTo(Guest.of(base).number("cat /dev/shm/talked") + 1);
        }
    }

    private static long lines(ExecResult result) {
        return result.orThrow().stdout().lines().count();
    }

    private static String read(Path log) throws IOException {
        return Files.exists(log) ? Files.readString(log) : "";
    }

    @Test
    @SuppressWarnings("try") // what is typed ends in the middle
    void theStdinOfTheForksCopyEnds() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var executor = Executors.newVirtualThreadPerTaskExecutor();
                var typed = new PipedOutputStream();
                var stdin = new PipedInputStream(typed)) {
            var reading =
                    executor.submit(() ->
                            base.exec(e ->
                                    e.command(
                                                    "sh",
                                                    "-c",
                                                    "cat > /dev/shm/read; touch /dev/shm/ended")
                                            .stdin(stdin)));
            typed.write("first ".getBytes(StandardCharsets.UTF_8));
            typed.flush();
            Guest.of(base).sh("until grep -q first /dev/shm/read; do usleep 10000; done");
            var snapshot = base.snapshot();
            try (var fork = snapshot.restore("fork")) {
                Guest.of(fork).sh("until [ -e /dev/shm/ended ]; do usleep 10000; done");
                assertThat(Guest.of(fork).sh("cat /dev/shm/read")).isEqualTo("first");
            }
            base.resume();
            assertThat(Guest.of(base).sh("[ -e /dev/shm/ended ] || echo waits")).isEqualTo("waits");
            typed.write("second".getBytes(StandardCharsets.UTF_8));
            typed.close();
            reading.get(60, TimeUnit.SECONDS).orThrow();
            assertThat(Guest.of(base).sh("cat /dev/shm/read")).isEqualTo("first second");
        }
    }

    @Test
    void whatACommandLeftInTheBackgroundWritesToTheLog() throws Exception {
        try (Sandbox base = MACHINES.stasis().create("base", _ -> {})) {
            base.exec("sh", "-c", "(sleep 1; echo from the background) & echo done").orThrow();
            var log = MACHINES.home().resolve("sandboxes/base/logs/guest.log");
            Eventually.is(
                    Duration.ofMinutes(2),
                    "the output in " + log,
                    () -> read(log).contains("from the background"));
        }
    }
}
