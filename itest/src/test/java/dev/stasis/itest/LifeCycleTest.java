package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.EndCause;
import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.Snapshot;
import dev.stasis.StasisException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Sandboxes that are stopped, started again, replaced, and ended when their time is over.
class LifeCycleTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration SHORT = Duration.ofSeconds(5);

    private static String sh(Sandbox sandbox, String script) {
        return Guest.of(sandbox).sh(script);
    }

    private static void assertEnded(Sandbox sandbox, SandboxState state, EndCause cause) {
        var info = sandbox.info();
        assertThat(info.state()).isEqualTo(state);
        assertThat(info.cause()).contains(cause);
        assertThat(info.reason()).isPresent();
    }

    @Test
    void aSandboxIsStartedFromItsDiskUnderItsNameAndItsForksTheSame() {
        try (var box =
                MACHINES.stasis()
                        .create("box", s -> s.env("A", "b").label("team", "red").publish(80))) {
            sh(box, "echo kept > /root/file; echo lost > /dev/shm/file");
            var snapshot = box.snapshot();
            box.resume();
            sh(box, "echo more >> /root/file"); // on a layer above the snapshot's
            var before = box.info();
            box.stop();
            assertEnded(box, SandboxState.STOPPED, EndCause.ASKED);
            box.stop();
            startedAgain(box, before.id());
            assertThat(box.info().ports()).isEqualTo(before.ports());
            assertThat(box.info().labels()).containsEntry("team", "red");
            forkStartedAgain(snapshot);
            diesAndIsStarted(box);
        }
    }

    private static void startedAgain(Sandbox box, String id) {
        box.start();
        box.start();
        assertThat(box.info().state()).isEqualTo(SandboxState.RUNNING);
        assertThat(box.info().cause()).isEmpty();
        assertThat(box.info().id()).isEqualTo(id);
        assertThat(sh(box, "cat /root/file; ls /dev/shm; hostname; echo $A; nproc"))
                .isEqualTo("kept\nmore\nbox\nb\n1");
    }

    /// The snapshot's disk serves a fork, whose own is started and captured.
    private static void forkStartedAgain(Snapshot snapshot) {
        try (var fork = snapshot.restoreWith("fork", r -> r.cpus(2).memory("640M"))) {
            sh(fork, "echo fork >> /root/file");
            fork.restart();
            assertThat(sh(fork, "cat /root/file; hostname; nproc"))
                    .isEqualTo("kept\nfork\nfork\n2");
            assertThat(fork.info().labels()).isEmpty();
            try (var again = fork.snapshot().restore("again")) {
                assertThat(sh(again, "tail -n 1 /root/file; hostname")).isEqualTo("fork\nagain");
            }
        }
    }

    private static void diesAndIsStarted(Sandbox box) {
        sh(box, "sync");
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> sh(box, "poweroff -f; sleep 100"));
        box.awaitEnd(LONG);
        assertEnded(box, SandboxState.ENDED, EndCause.POWERED_OFF);
        box.restart();
        assertThat(sh(box, "cat /root/file")).isEqualTo("kept\nmore");
        box.pause();
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(box::start)
                .withMessageContaining("resume it first");
        box.stop();
        assertEnded(box, SandboxState.STOPPED, EndCause.KILLED);
    }

    @Test
    void aNameIsTakenOverOnceAllWasChecked() {
        var stasis = MACHINES.stasis();
        try (var first = stasis.create("taken", s -> s.label("n", "1"))) {
            var snapshot = first.snapshot();
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> stasis.create("taken", s -> s.replace().image("./none.tar")));
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> stasis.create("taken", s -> s.replace().label("A B", "")))
                    .withMessageContaining("label");
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> snapshot.restoreWith("taken", r -> r.replace()))
                    .withMessageContaining("save it under a name first");
            assertThat(stasis.sandbox("taken").id()).isEqualTo(first.id());

            snapshot.saveNamed("kept");
            try (var second = snapshot.restoreWith("taken", r -> r.replace().label("n", "2"))) {
                assertThat(second.id()).isNotEqualTo(first.id());
                assertThatExceptionOfType(StasisException.class)
                        .isThrownBy(first::info)
                        .satisfies(
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.SANDBOX_NOT_FOUND));
                assertThat(sh(second, "hostname")).isEqualTo("taken");
                second.relabel(labels -> labels.set("n", "3").set("m", "4"));
                assertThat(stasis.sandbox("taken").info().labels())
                        .containsEntry("n", "3")
                        .containsEntry("m", "4");
            }
            stasis.deleteSnapshot("kept");
        }
    }

    @Test
    void aSandboxThatNobodyUsesIsStoppedAndKeepsWhatWasWritten() {
        var stasis = MACHINES.stasis();
        try (var idle = stasis.create("idle", s -> s.idleTimeout(SHORT))) {
            // Used for longer than the timeout, by one command.
            sh(idle, "sleep 8; echo not synced > /root/file");
            idle.awaitEnd(LONG);
            assertEnded(idle, SandboxState.STOPPED, EndCause.IDLE);
            idle.start();
            assertThat(sh(idle, "cat /root/file")).isEqualTo("not synced");
            idle.awaitEnd(LONG);
            assertEnded(idle, SandboxState.STOPPED, EndCause.IDLE);
            idle.stop(); // there is nothing to do
            assertEnded(idle, SandboxState.STOPPED, EndCause.IDLE);
        }
    }

    @Test
    void aForkOutOfAPoolEndsWhenItsTimeIsOverAndOneWithoutALimitDoesNot() {
        try (var source = MACHINES.stasis().create("source", s -> s.maxDuration(LONG));
                var snapshot = source.snapshot();
                var pool = snapshot.pool(1);
                var limited = pool.restoreWith("limited", r -> r.maxDuration(SHORT));
                var free = snapshot.restore("free")) {
            limited.awaitEnd(LONG);
            assertEnded(limited, SandboxState.STOPPED, EndCause.MAX_DURATION);
            assertThat(free.info().lifetime().longest()).isEmpty();
            assertThat(sh(free, "hostname")).isEqualTo("free");
        }
    }
}
