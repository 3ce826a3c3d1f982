package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.SandboxState;
import dev.stasis.SnapshotInfo;
import dev.stasis.Stasis;
import dev.stasis.StasisException;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// How long snapshots, their sources and their forks live.
class SnapshotLifeTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void aNamedSnapshotOutlivesItsSourceAndANewJvmFindsIt() throws Exception {
        try (var base =
                MACHINES.stasis().create("base", s -> s.env("COLOUR", "blue").memory("256M"))) {
            Guest.of(base).startCounting();
            base.snapshot().saveNamed("seeded");
        }
        var info = MACHINES.stasis().snapshots();
        assertThat(info).extracting(SnapshotInfo::name).containsExactly(Optional.of("seeded"));
        assertThat(info.getFirst().source()).isEqualTo("base");
        assertThat(info.getFirst().bytesOnDisk().mebibytes()).isBetween(1L, 400L);

        var output = OtherJvm.run(MACHINES.home(), RestoreSeeded.class, "seeded");
        assertThat(output).contains("blue");

        MACHINES.stasis().deleteSnapshot("seeded");
        assertThat(MACHINES.stasis().snapshots()).isEmpty();
    }

    /// What the other JVM does.
    static final class RestoreSeeded {
        public static void main(String[] args) {
            try (var stasis = Stasis.open();
                    var fork = stasis.snapshot(args[0]).restore()) {
                var guest = Guest.of(fork);
                var first = guest.count();
                if (guest.countOn().value() <= first.value()) {
                    throw new AssertionError("the counter stands still");
                }
                System.out.println(guest.sh("echo $COLOUR"));
            }
        }
    }

    @Test
    void anUnnamedSnapshotEndsWithItsSourceAndItsForksLiveOn() {
        var base = MACHINES.stasis().create("base", _ -> {});
        Guest.of(base).sh("echo kept > /root/file");
        var snapshot = base.snapshot();
        try (var fork = snapshot.restore("fork")) {
            base.close();
            var guest = Guest.of(fork);
            assertThat(guest.sh("echo 3 > /proc/sys/vm/drop_caches; cat /root/file"))
                    .isEqualTo("kept");
            assertRefused(ErrorCode.SNAPSHOT_NOT_FOUND, _ -> snapshot.restore("late"));
            var second = fork.snapshot();
            try (var next = second.restore("next")) {
                assertThat(Guest.of(next).sh("cat /root/file")).isEqualTo("kept");
            }
        }
    }

    @Test
    void aClosedSnapshotIsNotRestoredAnyMore() {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            var snapshot = base.snapshot();
            try (var fork = snapshot.restore("fork")) {
                snapshot.close();
                snapshot.close();
                assertRefused(ErrorCode.SNAPSHOT_NOT_FOUND, _ -> snapshot.restore("late"));
                assertThat(Guest.of(fork).sh("echo alive")).isEqualTo("alive");
            }
            base.resume();
            assertThat(Guest.of(base).sh("echo alive")).isEqualTo("alive");
        }
    }

    @Test
    void aSnapshotMayHaveSeveralNamesAndGoesWithTheLast() {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            var snapshot = base.snapshot().saveNamed("one").saveNamed("two");
            assertRefused(ErrorCode.NAME_TAKEN, _ -> snapshot.saveNamed("one"));
            assertRefused(ErrorCode.INVALID_NAME, _ -> snapshot.saveNamed("../three"));
            MACHINES.stasis().deleteSnapshot("one");
            assertRefused(
                    ErrorCode.SNAPSHOT_NOT_FOUND, _ -> MACHINES.stasis().deleteSnapshot("one"));
            assertThat(MACHINES.stasis().snapshot("two").id()).isEqualTo(snapshot.id());
            MACHINES.stasis().deleteSnapshot("two");
            assertRefused(ErrorCode.SNAPSHOT_NOT_FOUND, _ -> MACHINES.stasis().snapshot("two"));
        }
    }

    @Test
    void pauseAndResumeAreHarmlessTwiceAndWrongStatesAreRefused() {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            base.resume();
            base.pause();
            base.pause();
            assertThat(base.info().state()).isEqualTo(SandboxState.PAUSED);
            assertRefused(ErrorCode.WRONG_STATE, _ -> base.exec("true"));
            var paused = base.snapshot();
            try (var fork = paused.restore("of-paused")) {
                assertThat(Guest.of(fork).sh("hostname")).isEqualTo("of-paused");
            }
            base.resume();
            assertThat(Guest.of(base).sh("echo on")).isEqualTo("on");
            assertRefused(ErrorCode.NAME_TAKEN, _ -> MACHINES.stasis().create("base", _ -> {}));
            assertRefused(ErrorCode.NAME_TAKEN, _ -> paused.restore("base"));
            assertRefused(ErrorCode.INVALID_NAME, _ -> paused.restore("-x"));
            base.stop();
            base.stop();
            assertThat(base.info().state()).isEqualTo(SandboxState.STOPPED);
            assertRefused(ErrorCode.WRONG_STATE, _ -> base.exec("true"));
            assertRefused(ErrorCode.WRONG_STATE, _ -> base.snapshot());
            assertRefused(ErrorCode.WRONG_STATE, _ -> base.resume());
            assertRefused(ErrorCode.WRONG_STATE, _ -> base.pause());
            try (var fork = paused.restore("of-stopped")) {
                assertThat(Guest.of(fork).sh("hostname")).isEqualTo("of-stopped");
            }
        }
    }

    @Test
    void unknownThingsAreSaidToBeUnknown() {
        assertRefused(ErrorCode.SANDBOX_NOT_FOUND, s -> s.sandbox("nobody"));
        assertRefused(ErrorCode.SNAPSHOT_NOT_FOUND, s -> s.snapshot("nothing"));
        assertRefused(ErrorCode.INVALID_NAME, s -> s.create("Ünsinn/..", _ -> {}));
        assertRefused(
                ErrorCode.IMAGE_NOT_FOUND, s -> s.create("x", b -> b.image("/no/such/file.tar")));
    }

    private static void assertRefused(ErrorCode code, Consumer<Stasis> call) {
        assertThatThrownBy(() -> call.accept(MACHINES.stasis()))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
    }
}
