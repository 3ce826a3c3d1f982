package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.ForkOutcome;
import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Programs in a fork can know that they are in one, and commands have its environment.
class ForkAwarenessTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @ParameterizedTest
    @EnumSource(Machines.Stage.class)
    void everySandboxSaysWhoItIs(Machines.Stage stage) {
        var sandbox = MACHINES.at(stage);
        assertThat(
                        Guest.of(sandbox)
                                .sh("cat /run/stasis/fork; stat -c %a /run/stasis/fork")
                                .lines())
                .hasSize(3)
                .contains("name=" + sandbox.name(), "644")
                .anyMatch(line -> line.matches("generation=[0-9a-z]{12}"));
    }

    @Test
    void environmentsGoOverEachOtherAndRunningProcessesKeepTheirs() {
        try (var base = small("base", "A", "sandbox", "B", "sandbox", "C", "sandbox")) {
            Guest.of(base)
                    .sh(
                            "setsid sh -c 'while :; do echo $A$WORKER > /dev/shm/.old; mv /dev/shm/.old /dev/shm/old; usleep 20000; done' < /dev/null > /dev/null 2>&1 &");
            var snapshot = base.snapshot();
            try (var fork =
                    snapshot.restoreWith(
                            "fork",
                            r -> r.env("A", "restore").env("WORKER", "4\n2").unsetEnv("B"))) {
                var guest = Guest.of(fork);
                assertThat(guest.sh("echo $A,$B,$C,\"$WORKER\""))
                        .isEqualTo("restore,,sandbox,4\n2");
                assertThat(
                                fork.exec(e ->
                                                e.command("sh", "-c", "echo $A,$B,$C,$WORKER")
                                                        .env("B", "exec")
                                                        .unsetEnv("C")
                                                        .env("WORKER", ""))
                                        .orThrow()
                                        .stdout())
                        .isEqualTo("restore,exec,,\n");
                guest.sh("rm /dev/shm/old; until [ -e /dev/shm/old ]; do usleep 10000; done");
                assertThat(guest.sh("cat /dev/shm/old")).isEqualTo("sandbox");
                assertThat(guest.sh("grep ^env /run/stasis/fork | sort"))
                        .isEqualTo("env.A=restore\nenv.C=sandbox\nenv.WORKER=4\\n2");
                assertThat(fork.info().env()).containsOnlyKeys("A", "C", "WORKER");
                try (var second =
                        fork.snapshot().restoreWith("second", r -> r.unsetEnv("WORKER"))) {
                    assertThat(Guest.of(second).sh("echo $A,$C,$WORKER"))
                            .isEqualTo("restore,sandbox,");
                }
            }
            assertRefusedBeforeAnythingIsStarted(
                    () -> snapshot.restoreWith("bad", r -> r.env("A=B", "c")));
            assertRefusedBeforeAnythingIsStarted(
                    () -> snapshot.restoreWith("bad", r -> r.env("A", "b\0")));
            assertRefusedBeforeAnythingIsStarted(
                    () -> snapshot.restoreWith("bad", r -> r.unsetEnv("")));
        }
    }

    private static void assertRefusedBeforeAnythingIsStarted(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
        assertThat(MACHINES.stasis().sandboxes())
                .extracting(info -> info.name())
                .doesNotContain("bad");
    }

    @Test
    void theHookRunsInEveryForkBeforeTheFirstCommandAndWhateverItDoesTheForkLives() {
        try (var base = small("base")) {
            hook(
                    base,
                    """
                    #!/bin/sh
                    read_fork() { sed -n "s/^$1=//p" /run/stasis/fork; }
                    echo "$(read_fork name) $MODE" >> /dev/shm/hook
                    case $MODE in
                      fails) exit 3 ;;
                      hangs) setsid sleep 1000 & exec sleep 1000 ;;
                    esac
                    """);
            assertThat(Guest.of(base).sh("ls /dev/shm")).isEmpty();
            var snapshot = base.snapshot();
            base.resume();
            assertThat(Guest.of(base).sh("ls /dev/shm")).as("a resume is no fork").isEmpty();
            for (var mode : List.of("works", "fails", "hangs")) {
                try (var fork = snapshot.restoreWith("fork", r -> r.env("MODE", mode))) {
                    assertThat(Guest.of(fork).sh("cat /dev/shm/hook")).isEqualTo("fork " + mode);
                    Guest.of(fork).awaitNone("sleep 1000");
                    assertThat(fork.info().state()).isEqualTo(SandboxState.RUNNING);
                }
            }
            base.rewind(snapshot);
            assertThat(Guest.of(base).sh("cat /dev/shm/hook")).isEqualTo("base");
        }
    }

    @Test
    void severalForksHaveOneOutcomeEachAndOneThatFailsStopsNobody() {
        try (var base = small("base");
                var taken = small("w-2")) {
            Guest.of(base).sh("echo warm > /dev/shm/state");
            var snapshot = base.snapshot();
            var outcomes =
                    snapshot.restoreAll(
                            List.of("w-1", "w-2", "w-3", "w-4"),
                            (name, r) -> r.env("WORKER", name));

            assertThat(outcomes)
                    .extracting(ForkOutcome::name)
                    .containsExactly("w-1", "w-2", "w-3", "w-4");
            for (var outcome : outcomes) {
                switch (outcome) {
                    case ForkOutcome.Restored(var fork) -> {
                        assertThat(Guest.of(fork).sh("echo $WORKER $(cat /dev/shm/state)"))
                                .isEqualTo(fork.name() + " warm");
                        fork.close();
                    }
                    case ForkOutcome.Failed(var name, var failure) -> {
                        assertThat(name).isEqualTo(taken.name());
                        assertThat(failure.code()).isEqualTo(ErrorCode.NAME_TAKEN);
                    }
                }
            }
            assertThat(outcomes.get(1)).isInstanceOf(ForkOutcome.Failed.class);
            assertRefusedBeforeAnythingIsStarted(() ->
                    snapshot.restoreAll(
                            List.of("bad", "worse"),
                            (name, r) -> r.env(name.equals("worse") ? "" : "A", "b")));
            assertRefusedBeforeAnythingIsStarted(() -> snapshot.restoreAll(List.of("bad", "bad")));
            assertThatThrownBy(() -> snapshot.restoreAll(List.of("bad", "No Name")))
                    .hasMessageContaining("No Name");
            assertThat(snapshot.restoreAll(List.of())).isEmpty();
        }
    }

    @Test
    void anInterruptedCallLeavesNoFork() {
        try (var base = small("base")) {
            var snapshot = base.snapshot();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> snapshot.restoreAll(List.of("x-1", "x-2", "x-3")))
                    .isInstanceOfSatisfying(
                            StasisException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERRUPTED));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(MACHINES.stasis().sandboxes())
                    .extracting(info -> info.name())
                    .noneMatch(name -> name.startsWith("x-"));
        }
    }

    private static void hook(Sandbox sandbox, String script) {
        var text = new ByteArrayInputStream(script.getBytes(StandardCharsets.UTF_8));
        sandbox.exec(e ->
                        e.command(
                                        "sh",
                                        "-c",
                                        "mkdir -p /etc/stasis; cat > /etc/stasis/on-fork; chmod 755 /etc/stasis/on-fork")
                                .stdin(text))
                .orThrow();
    }

    private static Sandbox small(String name, String... env) {
        return MACHINES.stasis()
                .create(
                        name,
                        s -> {
                            s.memory("256M");
                            for (int i = 0; i < env.length; i += 2) {
                                s.env(env[i], env[i + 1]);
                            }
                        });
    }
}
