package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ByteSize;
import dev.stasis.CommandFailedException;
import dev.stasis.ErrorCode;
import dev.stasis.ExecOutcome;
import dev.stasis.StasisException;
import dev.stasis.itest.Machines.Stage;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Commands, in a sandbox that booted, one that was resumed and one that was forked.
class ExecTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @ParameterizedTest
    @EnumSource(Stage.class)
    void givesExitCodeAndBothStreams(Stage stage) {
        var result = MACHINES.at(stage).exec("sh", "-c", "echo out; echo err >&2; exit 3");

        assertThat(result.outcome()).isEqualTo(new ExecOutcome.Exited(3));
        assertThat(result.stdout()).isEqualTo("out\n");
        assertThat(result.stderr()).isEqualTo("err\n");
        assertThatThrownBy(result::orThrow)
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("exit code 3")
                .hasMessageContaining("err");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void runsWithItsEnvironmentAndInItsFolder(Stage stage) {
        var result =
                MACHINES.at(stage)
                        .exec(e ->
                                e.command("sh", "-c", "echo $COLOUR; pwd")
                                        .env("COLOUR", "blue")
                                        .folder("/tmp"));

        assertThat(result.orThrow().stdout()).isEqualTo("blue\n/tmp\n");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void tellsWhichSignalEndedIt(Stage stage) {
        assertThat(MACHINES.at(stage).exec("sh", "-c", "kill -9 $$").outcome())
                .isEqualTo(new ExecOutcome.Signaled(9));
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void tellsWhatCouldNotBeStarted(Stage stage) {
        var sandbox = MACHINES.at(stage);

        assertThat(sandbox.exec("no-such-program").exitCode()).isEqualTo(127);
        assertThat(sandbox.exec("/etc/passwd").exitCode()).isEqualTo(126);
        assertThat(sandbox.exec(e -> e.command("ls").folder("/no/such/folder")).outcome())
                .isInstanceOfSatisfying(
                        ExecOutcome.NotStarted.class,
                        o -> assertThat(o.reason()).contains("/no/such/folder"));
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void aTimeoutKillsTheCommandAndAllItStarted(Stage stage) {
        var sandbox = MACHINES.at(stage);
        var result =
                sandbox.exec(e ->
                        e.command("sh", "-c", "echo begun; (setsid sleep 987 &); sleep 987")
                                .timeout(Duration.ofSeconds(2)));

        assertThat(result.outcome()).isEqualTo(new ExecOutcome.TimedOut(Duration.ofSeconds(2)));
        assertThat(result.exitCode()).isEqualTo(124);
        assertThat(result.stdout()).isEqualTo("begun\n");
        Guest.of(sandbox).awaitNone("sleep 987");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void whatACommandLeavesInTheBackgroundLivesOn(Stage stage) {
        var sandbox = MACHINES.at(stage);
        var result =
                sandbox.exec(
                        "sh",
                        "-c",
                        "sh -c 'until [ -e /tmp/go ]; do usleep 20000; done; echo late > /tmp/late-file; echo to-nobody' & echo started");

        assertThat(result.orThrow().stdout()).isEqualTo("started\n");
        assertThat(
                        Guest.of(sandbox)
                                .sh(
                                        "touch /tmp/go; until [ -s /tmp/late-file ]; do usleep 20000; done; cat /tmp/late-file; rm /tmp/late-file /tmp/go"))
                .isEqualTo("late");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void megabytesGoInAndOutUnchanged(Stage stage) throws Exception {
        byte[] data = new byte[5_000_000];
        new Random(7).nextBytes(data);
        var echoed = MACHINES.at(stage).exec(e -> e.command("cat").stdin(data));
        assertThat(digest(echoed.orThrow().stdoutBytes())).isEqualTo(digest(data));
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void aSlowReaderHoldsUpOnlyItsOwnCommand(Stage stage) throws Exception {
        var sandbox = MACHINES.at(stage);
        var slow = new SlowStream();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var blocked =
                    executor.submit(() ->
                            sandbox.exec(e ->
                                    e.command("sh", "-c", "head -c 1000000 /dev/zero; echo end >&2")
                                            .stdout(slow)));
            slow.awaitFirstWrite();
            assertThat(sandbox.exec("echo", "meanwhile").orThrow().stdout())
                    .isEqualTo("meanwhile\n");
            assertThat(blocked.isDone()).isFalse();
            slow.release();
            assertThat(blocked.get().orThrow().stderr()).isEqualTo("end\n");
        }
        assertThat(slow.size()).isEqualTo(1_000_000);
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void tooMuchOutputIsRefusedAndTheCommandKilled(Stage stage) {
        var sandbox = MACHINES.at(stage);
        assertThatThrownBy(() ->
                        sandbox.exec(e -> e.command("yes").outputLimit(ByteSize.parse("100K"))))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTPUT_TOO_LARGE))
                .hasMessageContaining("100K");
        Guest.of(sandbox).awaitNone("yes$");
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void manyCommandsRunAtOnce(Stage stage) throws Exception {
        var sandbox = MACHINES.at(stage);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var commands =
                    IntStream.range(0, 24)
                            .<Callable<String>>mapToObj(n ->
                                    () ->
                                            sandbox.exec("sh", "-c", "sleep 0.3; echo " + n)
                                                    .orThrow()
                                                    .stdout())
                            .toList();
            var futures = executor.invokeAll(commands);
            for (int n = 0; n < futures.size(); n++) {
                assertThat(futures.get(n).get()).isEqualTo(n + "\n");
            }
        }
    }

    private static String digest(byte[] data) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    }

    /// Takes its first write and then waits until it is released.
    private static final class SlowStream extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CountDownLatch written = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            written.countDown();
            await(released);
            bytes.write(source, offset, length);
        }

        void awaitFirstWrite() {
            await(written);
        }

        void release() {
            released.countDown();
        }

        int size() {
            return bytes.size();
        }

        private static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void outputIsReadAsUtf8(Stage stage) {
        assertThat(MACHINES.at(stage).exec("echo", "Grüße, 世界").orThrow().stdoutBytes())
                .isEqualTo("Grüße, 世界\n".getBytes(StandardCharsets.UTF_8));
    }
}
