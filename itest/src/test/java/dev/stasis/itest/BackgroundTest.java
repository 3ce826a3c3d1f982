package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.ExecEvent;
import dev.stasis.ExecHandle;
import dev.stasis.ExecInfo;
import dev.stasis.ExecOutcome;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import dev.stasis.itest.Machines.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Commands that live on without whoever started them, and are attached to again.
class BackgroundTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final Duration LONG = Duration.ofSeconds(60);

    @ParameterizedTest
    @EnumSource(Stage.class)
    void isFoundByItsIdAndGoesOnWhereItsOutputWasLeft(Stage stage) throws IOException {
        var sandbox = MACHINES.at(stage);
        var started = sandbox.execStream(e -> e.shell("cat").openStdin().background());
        write(started, "before\n");
        ExecStreamTest.awaitText(started, "before\n");
        if (stage == Stage.BOOTED) { // the refusal takes some seconds, so once is enough
            assertRefused(() -> sandbox.attach(started.id()), ErrorCode.BUSY);
        }
        write(started, "nobody takes this\n");
        started.close();
        var info = info(sandbox, started.id());
        assertThat(info.command()).containsExactly("/bin/sh", "-c", "cat");
        assertThat(info.outcome()).isEmpty();
        assertThat(info.background()).isTrue();
        assertThat(info.attached()).isFalse();

        try (var again = sandbox.attach(started.id())) {
            write(again, "after\n");
            ExecStreamTest.awaitText(again, "after\n");
            again.stdin().close();
            assertThat(again.await()).isEqualTo(new ExecOutcome.Exited(0));
        }
        assertRefused(() -> sandbox.attach(started.id()), ErrorCode.INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void itsLatestOutputAndItsEndAreKeptForWhoeverComesNext(Stage stage) throws Exception {
        var sandbox = MACHINES.at(stage);
        String id;
        try (var started =
                sandbox.execStream(
                        e -> e.shell("seq 1 100000; echo error >&2; exit 3").detached())) {
            id = started.id();
            assertThat(started.next(LONG).orElseThrow()).isInstanceOf(ExecEvent.Started.class);
            assertRefused(started::next, ErrorCode.WRONG_STATE);
        }
        Eventually.is(LONG, "the end", () -> info(sandbox, id).outcome().isPresent());
        assertThat(info(sandbox, id).outcome()).contains(new ExecOutcome.Exited(3));
        try (var again = sandbox.attach(id)) {
            assertThat(again.next(LONG).orElseThrow()).isInstanceOf(ExecEvent.Started.class);
            long skipped = ((ExecEvent.Skipped) again.next(LONG).orElseThrow()).bytes();
            var result = again.collect();
            assertThat(result.outcome()).isEqualTo(new ExecOutcome.Exited(3));
            assertThat(result.stdout()).endsWith("99999\n100000\n");
            assertThat(skipped + result.stdoutBytes().length).isEqualTo(588_895);
            assertThat(result.stderr()).isEqualTo("error\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void theGuestKillsItWithAllItStartedAfterItsTimeout(Stage stage) throws Exception {
        var sandbox = MACHINES.at(stage);
        String id;
        try (var started =
                sandbox.execStream(e ->
                        e.shell("(setsid sleep 984 &); sleep 984")
                                .background()
                                .timeout(Duration.ofSeconds(1)))) {
            id = started.id();
        }
        Eventually.is(LONG, "the end", () -> info(sandbox, id).outcome().isPresent());
        try (var again = sandbox.attach(id)) {
            assertThat(again.await()).isInstanceOf(ExecOutcome.TimedOut.class);
        }
        Guest.of(sandbox).awaitNone("sleep 984");
    }

    /// A snapshot in the middle: the source's caller sees nothing of it, and the fork has a copy
    /// with the same id to which nobody is attached.
    @Test
    void aSnapshotAmidAStreamLosesNothingForTheSourceAndTheForkHasACopy() throws Exception {
        var talker =
                "n=0; while [ ! -e /dev/shm/stop ]; do n=$((n+1)); echo line $n; echo $n >"
                        + " /dev/shm/.said; mv /dev/shm/.said /dev/shm/said; usleep 5000; done;"
                        + " echo end";
        try (var base = MACHINES.stasis().create("talking", _ -> {});
                var talking = base.execStream(e -> e.shell(talker).background())) {
            var begun = ExecStreamTest.awaitText(talking, "line 20\n");
            var snapshot = base.snapshot();
            try (var fork = snapshot.restore("talking-fork")) {
                assertThat(info(fork, talking.id()).background()).isTrue();
                long captured = Guest.of(fork).number("cat /dev/shm/said");
                try (var copy = fork.attach(talking.id())) {
                    ExecStreamTest.awaitText(copy, "line " + (captured + 20) + "\n");
                    fork.exec("touch", "/dev/shm/stop").orThrow();
                    assertThat(copy.await()).isEqualTo(new ExecOutcome.Exited(0));
                }
            }
            base.resume();
            base.exec("touch", "/dev/shm/stop").orThrow();
            var rest = talking.collect();
            assertThat(rest.outcome()).isEqualTo(new ExecOutcome.Exited(0));
            long last = Guest.of(base).number("cat /dev/shm/said");
            var expected = new StringBuilder();
            for (long n = 1; n <= last; n++) {
                expected.append("line ").append(n).append('\n');
            }
            assertThat(begun + rest.stdout()).isEqualTo(expected + "end\n");
        }
    }

    @Test
    void aCommandInTheForegroundCanBeLetGo() throws IOException {
        var sandbox = MACHINES.at(Stage.BOOTED);
        var started = sandbox.execStream(e -> e.shell("cat").openStdin());
        started.detach();
        assertRefused(started::next, ErrorCode.WRONG_STATE, 1);
        started.close();
        try (var again = sandbox.attach(started.id())) {
            write(again, "still here\n");
            ExecStreamTest.awaitText(again, "still here\n");
            again.kill();
            assertThat(again.await()).isEqualTo(new ExecOutcome.Signaled(9));
        }
    }

    static ExecInfo info(Sandbox sandbox, String id) {
        return sandbox.execs().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static void write(ExecHandle command, String text) throws IOException {
        command.stdin().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertRefused(Runnable call, ErrorCode code) {
        assertRefused(call, code, 0);
    }

    /// @param before how many calls succeed before
    private static void assertRefused(Runnable call, ErrorCode code, int before) {
        for (int i = 0; i < before; i++) {
            call.run();
        }
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        StasisException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
