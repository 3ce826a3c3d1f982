package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.ExecOutcome;
import dev.stasis.Sandbox;
import dev.stasis.SandboxBuilder;
import dev.stasis.SizeLimits;
import dev.stasis.Snapshot;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Forks and living sandboxes get other CPUs and memory, which programs in the guest see and can
/// use, in any generation.
class ResizeTest {
    private static final ByteSize BLOCK = ByteSize.ofMebibytes(128);

    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void everyGenerationCanHaveMoreOrFewerCpusAndMemoryAndKeepsWhatItsMemoryHeld()
            throws Exception {
        try (var base = MACHINES.stasis().create("g0", _ -> {})) {
            Guest.of(base).startCounting();
            var filled = new ArrayList<String>();
            var memories = List.of("1G", "1536M", "1G", "1792M", "1280M");
            Sandbox current = base;
            for (int generation = 1; generation <= 5; generation++) {
                filled.add(fill(current, "f" + generation, 24));
                var snapshot = current.snapshot();
                if (generation == 1 || generation == 2 || generation == 5) {
                    siblings(snapshot, filled);
                }
                int cpus = 1 + generation % 3;
                var memory = memories.get(generation - 1);
                current = snapshot.restoreWith("g" + generation, r -> r.cpus(cpus).memory(memory));
                hasSize(current, cpus, memory);
                assertThat(digests(current)).isEqualTo(filled);
                if (generation % 4 == 1) {
                    useFreeMemory(current);
                }
            }
            Guest.of(current).countOn();
            for (int generation = 5; generation >= 1; generation--) {
                MACHINES.stasis().sandbox("g" + generation).remove();
            }
        }
    }

    /// Up, down and the same, of CPUs and of memory.
    private static void siblings(Snapshot snapshot, List<String> filled) {
        var info = snapshot.info();
        for (int step : new int[] {1, 0, -1}) {
            int cpus = Math.max(1, info.cpus() + 2 * step);
            var memory = new ByteSize(info.memory().bytes() + step * 2L * BLOCK.bytes());
            try (var fork = snapshot.restoreWith("sibling", r -> r.cpus(cpus).memory(memory))) {
                hasSize(fork, cpus, memory.mebibytes() + "M");
                assertThat(digests(fork)).isEqualTo(filled);
                Guest.of(fork).countOn();
            }
        }
    }

    @Test
    void aLivingSandboxIsResizedWhereverItComesFrom() {
        for (var stage : Machines.Stage.values()) {
            var sandbox = MACHINES.at(stage);
            var digest = fill(sandbox, "before", 24);
            for (var memory : List.of("1G", "512M", "512M", "768M", "384M", "512M")) {
                int cpus = 1 + memory.length() % 3;
                var info = sandbox.resize(cpus, ByteSize.parse(memory));
                assertThat(info.cpus()).isEqualTo(cpus);
                hasSize(sandbox, cpus, memory);
                assertThat(digests(sandbox)).as(stage + " " + memory).containsExactly(digest);
            }
            sandbox.resize(1, ByteSize.parse("512M"));
            Guest.of(sandbox).sh("rm /dev/shm/before");
        }
    }

    @Test
    void cpusBeyondTheHostsOwnAllWorkAtTheMomentTheForkIsHandedOut() {
        try (var base = MACHINES.stasis().create("base", b -> b.maxCpus(9));
                var notices = new Notices();
                var fork = base.snapshot().restoreWith("fork", r -> r.cpus(9))) {
            assertThat(notices.of("gets 9 CPUs, and this computer has")).isOne();
            hasSize(fork, 9, "512M");
            assertThat(fork.info().limits().cpus()).isEqualTo(9);
            var loops =
                    Guest.of(fork)
                            .sh(
                                    """
                                    for cpu in 0 1 2 3 4 5 6 7 8; do
                                      taskset -c $cpu sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; cut -d" " -f39 /proc/self/stat' &
                                    done
                                    wait\
                                    """);
            assertThat(loops.lines())
                    .containsExactlyInAnyOrder("0", "1", "2", "3", "4", "5", "6", "7", "8");
        }
    }

    @Test
    void aProgramUsesEightGibibytesThatCostThisComputerNothingBefore() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            var snapshot = base.snapshot();
            try (var fork = snapshot.restoreWith("fork", r -> r.memory("8G"))) {
                hasSize(fork, 1, "8G");
                assertThat(fork.usage().ownMemory()).isLessThan(ByteSize.parse("512M"));
                useFreeMemory(fork);
            }
        }
    }

    @Test
    void forksShareWhatIsInMemoryThatWasAdded() {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var grown = base.snapshot().restoreWith("grown", r -> r.memory("2G"))) {
            var digest = fill(grown, "much", 900); // more than the memory it booted with
            var snapshot = grown.snapshot();
            try (var fork = snapshot.restore("fork");
                    var sibling = snapshot.restore("sibling")) {
                assertThat(fork.usage().ownMemory()).isLessThan(ByteSize.parse("200M"));
                assertThat(digests(fork)).containsExactly(digest);
                Guest.of(fork).sh("echo mine > /dev/shm/much");
                assertThat(digests(sibling)).containsExactly(digest);
                try (var second = sibling.snapshot().restore("second")) {
                    assertThat(second.usage().ownMemory()).isLessThan(ByteSize.parse("200M"));
                    assertThat(digests(second)).containsExactly(digest);
                }
            }
        }
    }

    @Test
    void beyondItsMemoryAProgramIsKilledInTheSandboxAndTheSandboxLives() {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var fork = base.snapshot().restoreWith("fork", r -> r.memory("640M"))) {
            var files =
                    "mount -o remount,size=100% /dev/shm; dd if=/dev/zero of=/dev/shm/x bs=1M count=1000";
            var memory = "exec awk 'BEGIN { s = \"x\"; while (1) s = s s }'";
            for (var hungry : List.of(files, memory, files)) {
                var outcome = fork.exec("sh", "-c", hungry);
                assertThat(outcome.outcome()).isNotEqualTo(new ExecOutcome.Exited(0));
                Guest.of(fork).sh("rm -f /dev/shm/x");
            }
            assertThat(Guest.of(fork).number("grep oom_kill /proc/vmstat | cut -d' ' -f2"))
                    .isPositive();
            assertThat(Guest.of(fork).sh("echo alive")).isEqualTo("alive");
        }
    }

    @Test
    void memoryInUseIsNotTakenAndTheRefusalSaysHowMuchThatIs() {
        try (var base = MACHINES.stasis().create("base", b -> b.memory("1G"))) {
            var digest = fill(base, "hungry", 500);
            var snapshot = base.snapshot();
            refused(
                    ErrorCode.MEMORY_IN_USE,
                    "in use",
                    () -> snapshot.restoreWith("fork", r -> r.memory("384M")));
            base.resume();
            refused(
                    ErrorCode.MEMORY_IN_USE,
                    "in use",
                    () -> base.resize(1, ByteSize.parse("256M")));
            hasSize(base, 1, "1G");
            assertThat(digests(base)).containsExactly(digest);
            base.resize(1, ByteSize.parse("768M"));
            hasSize(base, 1, "768M");
            assertThat(digests(base)).containsExactly(digest);
        }
    }

    @Test
    void forksRestoredAtOnceEachGetTheirOwnSize() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {});
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var digest = fill(base, "shared", 24);
            var snapshot = base.snapshot();
            var wanted = List.of("384M", "512M", "768M", "1G");
            var restores = new ArrayList<Callable<Sandbox>>();
            for (int i = 0; i < wanted.size(); i++) {
                int n = i;
                restores.add(() ->
                        snapshot.restoreWith("w" + n, r -> r.cpus(1 + n).memory(wanted.get(n))));
            }
            var forks = new ArrayList<Sandbox>();
            for (var future : executor.invokeAll(restores)) {
                forks.add(future.get());
            }
            for (int i = 0; i < forks.size(); i++) {
                hasSize(forks.get(i), 1 + i, wanted.get(i));
                assertThat(digests(forks.get(i))).containsExactly(digest);
            }
            forks.forEach(Sandbox::close);
        }
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnythingIsStarted() {
        try (var base = MACHINES.stasis().create("base", b -> b.maxCpus(2).maxMemory("1G"))) {
            var snapshot = base.snapshot();
            refused(
                    ErrorCode.INVALID_ARGUMENT,
                    "0 CPUs",
                    () -> snapshot.restoreWith("f", r -> r.cpus(0)));
            refused(
                    ErrorCode.INVALID_ARGUMENT,
                    "-1 CPUs",
                    () -> snapshot.restoreWith("f", r -> r.cpus(-1)));
            refused(
                    ErrorCode.INVALID_SIZE,
                    "0B",
                    () -> snapshot.restoreWith("f", r -> r.memory("0")));
            refused(
                    ErrorCode.INVALID_NAME,
                    "No Name",
                    () -> snapshot.restoreWith("No Name", r -> r.cpus(2)));
            refused(
                    ErrorCode.LIMIT_EXCEEDED,
                    "2 at most",
                    () -> snapshot.restoreWith("f", r -> r.cpus(3)));
            refused(
                    ErrorCode.LIMIT_EXCEEDED,
                    "1G at most",
                    () -> snapshot.restoreWith("f", r -> r.memory("1025M")));
            refused(
                    ErrorCode.LIMIT_EXCEEDED,
                    "this computer has",
                    () -> MACHINES.stasis().create("huge", b -> b.memory("100T")));
            refused(
                    ErrorCode.WRONG_STATE,
                    "PAUSED",
                    () -> base.resize(2, SandboxBuilder.DEFAULT_MEMORY));
            assertThat(MACHINES.stasis().sandboxes()).extracting(i -> i.name()).doesNotContain("f");
        }
    }

    /// Such a manifest has neither limits nor room for more memory.
    @Test
    void aSnapshotFromBeforeSandboxesCouldBeResizedIsRestoredAndRefusesOverrides()
            throws IOException {
        try (var base = MACHINES.stasis().create("base", b -> b.maxCpus(1).maxMemory("512M"))) {
            var snapshot = base.snapshot();
            var manifest = MACHINES.home().resolve("snapshots/" + snapshot.id() + "/manifest.json");
            var old = ofFormat1(manifest);
            assertThat(old).doesNotContain("most", "memoryLimit", "tree");
            Files.setPosixFilePermissions(manifest, PosixFilePermissions.fromString("rw-------"));
            Files.writeString(manifest, old);
            try (var fork = snapshot.restore("fork")) {
                hasSize(fork, 1, "512M");
                assertThat(fork.info().limits())
                        .isEqualTo(new SizeLimits(1, ByteSize.parse("512M")));
                refused(
                        ErrorCode.INCOMPATIBLE_SNAPSHOT,
                        "create a new sandbox",
                        () -> fork.resize(2, ByteSize.parse("512M")));
            }
            refused(
                    ErrorCode.INCOMPATIBLE_SNAPSHOT,
                    "older Stasis",
                    () -> snapshot.restoreWith("fork", r -> r.memory("1G")));
        }
    }

    /// A manifest as the first version wrote it: not sealed, with plain SHA-256 sums.
    private static String ofFormat1(Path manifest) throws IOException {
        var sealed = Files.readString(manifest);
        var old =
                sealed.substring(sealed.indexOf('\n') + 1)
                        .replaceFirst("\"format\"\\s*:\\s*2", "\"format\" : 1")
                        .replaceFirst("\"most\"\\s*:\\s*\\{[^}]*},", "")
                        .replaceFirst("\"memoryLimit\"\\s*:\\s*\\d+,", "");
        var files =
                Pattern.compile("\"name\"\\s*:\\s*\"([^\"]+)\"([^}]*)\"tree\"[^}]*}").matcher(old);
        return files.replaceAll(file ->
                "\"name\" : \"%s\"%s\"sha256\" : \"%s\" }"
                        .formatted(
                                file.group(1),
                                file.group(2),
                                sha256(manifest.resolveSibling(file.group(1)))));
    }

    private static String sha256(Path file) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A machine's memory has a hole below 4 GiB, and DIMMs lie above all of it.
    @Test
    void memoryOnBothSidesOfTheHoleAndDimmsAreCapturedTheSlowerWayToo() {
        try (var base = MACHINES.stasis().create("base", b -> b.memory("2816M"))) {
            base.resize(1, ByteSize.parse("3072M"));
            var digest = fill(base, "some", 700);
            for (var access : List.of("direct", "qmp")) {
                System.setProperty("dev.stasis.machine.memory", access);
                try (var fork = base.snapshot().restore("fork")) {
                    hasSize(fork, 1, "3072M");
                    assertThat(digests(fork)).as(access).containsExactly(digest);
                } finally {
                    System.clearProperty("dev.stasis.machine.memory");
                }
                base.resume();
            }
        }
    }

    private static void refused(ErrorCode code, String because, ThrowingCallable call) {
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(call)
                .withMessageContaining(because)
                .extracting(StasisException::code)
                .isEqualTo(code);
    }

    private static void hasSize(Sandbox sandbox, int cpus, String memory) {
        var guest = Guest.of(sandbox);
        assertThat(guest.sh("nproc; grep -c ^processor /proc/cpuinfo"))
                .isEqualTo(cpus + "\n" + cpus);
        long online =
                guest.number("grep -l online /sys/devices/system/memory/memory*/state | wc -l");
        var wanted = ByteSize.parse(memory);
        assertThat(Math.abs(online * BLOCK.bytes() - wanted.bytes())).isLessThan(BLOCK.bytes());
        assertThat(guest.number("awk '/MemTotal/ {print $2}' /proc/meminfo") * 1024)
                .isBetween(wanted.bytes() * 3 / 4 - (96 << 20), wanted.bytes() + BLOCK.bytes());
        assertThat(sandbox.info().cpus()).isEqualTo(cpus);
        assertThat(Math.abs(sandbox.info().memory().bytes() - wanted.bytes()))
                .isLessThan(BLOCK.bytes());
    }

    /// Fills memory with what can't be the same anywhere else.
    ///
    /// @return the line that {@link #digests} has for it
    private static String fill(Sandbox sandbox, String file, int mebibytes) {
        return Guest.of(sandbox)
                .sh(
                        """
                        mount -o remount,size=90%% /dev/shm
                        head -c 4194304 /dev/urandom > /tmp/piece
                        i=0; while [ $i -lt %d ]; do echo %s $i; cat /tmp/piece; i=$((i+4)); done > /dev/shm/%s
                        rm /tmp/piece; cd /dev/shm; md5sum %s\
                        """
                                .formatted(mebibytes, file, file, file));
    }

    private static List<String> digests(Sandbox sandbox) {
        return Guest.of(sandbox).sh("cd /dev/shm; md5sum $(ls | grep -v count) ").lines().toList();
    }

    /// A program takes most of what is free, fills all of it with a pattern, and reads it back.
    private static void useFreeMemory(Sandbox sandbox) throws Exception {
        StaticProgram.of(Path.of("src/test/guest/patterns.c")).into(sandbox, "/tmp/patterns");
        var guest = Guest.of(sandbox);
        long mebibytes =
                guest.number("awk '/MemAvailable/ {print int($2 / 1024 * 7 / 8)}' /proc/meminfo");
        assertThat(guest.sh("/tmp/patterns " + mebibytes)).isEqualTo(mebibytes + " MiB right");
    }
}
