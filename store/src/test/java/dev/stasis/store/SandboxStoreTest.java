package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.EndCause;
import dev.stasis.ErrorCode;
import dev.stasis.Lifetime;
import dev.stasis.StasisException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxStoreTest {
    @TempDir Path temp;
    private TestHome test;
    private SandboxStore sandboxes;

    @BeforeEach
    void open() {
        test = TestHome.open(temp.resolve("home"));
        sandboxes = test.sandboxes;
    }

    @Test
    void aRecordIsReadAsItWasWritten() {
        var made = SandboxRecord.of("base", TestHome.SETUP);
        sandboxes.create(made).close();
        var record =
                made.withLayers(
                                new Layers(
                                        "aaaaaaaaaaaa",
                                        List.of("dddddddddddd"),
                                        "bbbbbbbbbbbb",
                                        "disk-0.qcow2",
                                        "cccccccccccc",
                                        "disk-1.qcow2"))
                        .withTerms(
                                new SandboxRecord.Terms(
                                        Map.of("team", "red"),
                                        new Lifetime(
                                                Optional.of(Duration.ofMinutes(10)),
                                                Optional.empty())))
                        .detached();
        sandboxes.update(record, Durability.UNSYNCED);
        assertThat(sandboxes.get("base")).isEqualTo(record);

        var stopped = record.stopped("signal 9", EndCause.MACHINE_DIED);
        sandboxes.update(stopped, Durability.SYNCED);
        assertThat(TestHome.open(temp.resolve("home")).sandboxes.get("base")).isEqualTo(stopped);
        assertThat(stopped.layers().memoryBase()).isNull();
        assertThat(stopped.layers().diskBase()).isEqualTo("bbbbbbbbbbbb");
        var started = stopped.started(TestHome.SETUP);
        assertThat(started.terms()).isEqualTo(record.terms());
        assertThat(started.run()).isEqualTo(made.run());
    }

    @Test
    void twoCannotHaveOneName() {
        test.booted("base");
        var failure = assertFails(ErrorCode.NAME_TAKEN, () -> test.booted("base"));
        assertThat(failure).hasMessageContaining("'base'");
    }

    @Test
    void ofManyThatCreateOneNameOneSucceeds() throws Exception {
        var done = new ArrayList<Future<Boolean>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                done.add(threads.submit(() -> creates("same")));
            }
        }
        int created = 0;
        for (var one : done) {
            created += one.get() ? 1 : 0;
        }
        assertThat(created).isEqualTo(1);
        assertThat(Leftovers.entries(test.home.sandboxesFolder())).hasSize(1);
    }

    private boolean creates(String name) {
        try {
            test.booted(name);
            return true;
        } catch (StasisException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.NAME_TAKEN);
            return false;
        }
    }

    @Test
    void sandboxesAreListedByName() {
        test.booted("b");
        test.booted("a");
        assertThat(sandboxes.list()).extracting(SandboxRecord::name).containsExactly("a", "b");
        assertThat(sandboxes.find("c")).isEmpty();
        assertFails(ErrorCode.SANDBOX_NOT_FOUND, () -> sandboxes.get("c"));
        assertFails(ErrorCode.INVALID_NAME, () -> sandboxes.get("../a"));
    }

    @Test
    void aRemovedSandboxIsGoneWithItsFiles() {
        test.booted("a");
        sandboxes.remove("a");
        sandboxes.remove("a");

        assertThat(sandboxes.list()).isEmpty();
        assertThat(test.home.sandboxFolder("a")).doesNotExist();
        assertThat(test.home.trashFolder()).isEmptyDirectory();
    }

    @Test
    void aRecordOfAnotherSandboxOfTheSameNameIsNotReplaced() {
        var old = test.booted("a");
        sandboxes.remove("a");
        var present = test.booted("a");

        assertFails(
                ErrorCode.SANDBOX_NOT_FOUND,
                () -> sandboxes.update(old.stopped("gone", null), Durability.UNSYNCED));
        assertThat(sandboxes.get("a")).isEqualTo(present);
    }

    @Test
    void whoeverWaitsInVainForALockLearnsWhoHoldsIt() {
        test.booted("a");
        try (var _ = sandboxes.lock("a", "snapshot", Duration.ofSeconds(1))) {
            var failure =
                    assertFails(
                            ErrorCode.BUSY,
                            () -> sandboxes.lock("a", "exec", Duration.ofMillis(50)));
            assertThat(failure)
                    .hasMessageContaining("process " + ProcessHandle.current().pid())
                    .hasMessageContaining("(snapshot)")
                    .hasMessageContaining("50 ms")
                    .hasMessageContaining("'exec'");
        }
        sandboxes.lock("a", "exec", Duration.ZERO).close();
        assertFails(ErrorCode.SANDBOX_NOT_FOUND, () -> sandboxes.lock("b", "exec", Duration.ZERO));
    }

    @Test
    void aLockIsHeldByOneThreadAtATime() throws Exception {
        test.booted("a");
        var inside = new AtomicInteger();
        var done = new ArrayList<Future<?>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 10; i++) {
                done.add(
                        threads.submit(() -> {
                            for (int round = 0; round < 10; round++) {
                                try (var _ = sandboxes.lock("a", "t", Duration.ofSeconds(30))) {
                                    assertThat(inside.incrementAndGet()).isEqualTo(1);
                                    Thread.onSpinWait();
                                    inside.decrementAndGet();
                                }
                            }
                        }));
            }
        }
        for (var one : done) {
            one.get();
        }
    }

    @Test
    void whoeverWaitedForALockOfARemovedSandboxLearnsThatItIsGone() throws Exception {
        test.booted("a");
        var lock = sandboxes.lock("a", "remove", Duration.ofSeconds(1));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting =
                    threads.submit(() ->
                            assertFails(
                                    ErrorCode.SANDBOX_NOT_FOUND,
                                    () -> sandboxes.lock("a", "exec", Duration.ofSeconds(20))));
            Thread.sleep(50);
            sandboxes.remove("a");
            lock.close();
            waiting.get();
        }
    }

    @Test
    void aSandboxThatIsBeingMadeIsNoLeftoverUntilItsMakerIsGone() {
        var record = SandboxRecord.of("a", TestHome.SETUP);
        test.booted("done");
        try (var _ = sandboxes.create(record)) {
            assertThat(sandboxes.leftovers()).isEmpty();
        }
        var leftovers = sandboxes.leftovers();
        assertThat(leftovers).hasSize(1);
        try (var leftover = leftovers.getFirst()) {
            assertThat(leftover.record()).isEqualTo(record);
            assertThat(sandboxes.leftovers()).isEmpty();
            leftover.remove();
        }
        assertThat(sandboxes.list()).extracting(SandboxRecord::name).containsExactly("done");
    }

    @Test
    void damagedRecordsAreNamedAndLeftOutOfLists() throws Exception {
        test.booted("good");
        test.booted("bad");
        Path file = test.home.sandboxFolder("bad").resolve("sandbox.json");
        String whole = Files.readString(file);
        Files.delete(file);
        String[] damages = {
            "",
            "null",
            "[]",
            "17",
            whole.substring(0, whole.length() / 2),
            whole.replace("\"RUNNING\"", "\"FLYING\""),
            whole.replace("\"bad\"", "\"good\""),
            whole.replace("\"bad\"", "\"../good\""),
            whole.replace("\"format\" : 1", "\"format\" : 2"),
            whole.replace("\"format\" : 1", "\"format\" : \"1\""),
            whole.replaceFirst("\"cpus\" : 2", "\"cpus\" : 0"),
            whole.replaceFirst("\"cpus\" : 2", "\"cpus\" : 99999999999"),
            whole.replaceFirst("\"created\" : \"[^\"]*\"", "\"created\" : \"soon\""),
            whole.replace("\"disk-0.qcow2\"", "\"../../x\""),
            whole + " ".repeat(2 << 20)
        };
        for (String damage : damages) {
            assertThat(damage).isNotEqualTo(whole);
            Files.writeString(file, damage);
            assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> sandboxes.get("bad")))
                    .hasMessageContaining("sandbox.json");
            assertThat(sandboxes.list()).extracting(SandboxRecord::name).containsExactly("good");
            assertThat(sandboxes.leftovers()).isEmpty();
        }
        Files.delete(file);
        Files.createSymbolicLink(file, Path.of("/etc/passwd"));
        assertFails(ErrorCode.STORE_DAMAGED, () -> sandboxes.get("bad"));
        Files.delete(file);
        assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> sandboxes.get("bad")))
                .hasMessageContaining("no record");

        sandboxes.remove("bad");
        assertThat(test.home.sandboxFolder("bad")).doesNotExist();
    }

    @Test
    void aRecordThatIsTooLargeIsRefusedWithoutATrace() {
        var setup = TestHome.SETUP.withEnv(Map.of("BIG", "x".repeat(2 << 20)));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> sandboxes.create(SandboxRecord.of("big", setup)).close());
        assertThat(test.home.sandboxesFolder()).isEmptyDirectory();
    }

    @Test
    void aFullDiskLeavesTheOldRecordAndNoTrace() {
        var record = test.booted("a");
        for (int writes = 0; writes < 1; writes++) {
            var full = TestHome.open(temp.resolve("home"), new FullDisk(writes)).sandboxes;
            assertFails(
                    ErrorCode.DISK_FULL,
                    () -> full.update(record.stopped("x", null), Durability.UNSYNCED));
            assertFails(
                    ErrorCode.DISK_FULL,
                    () -> full.create(SandboxRecord.of("b", TestHome.SETUP)).close());
        }
        assertThat(sandboxes.list()).containsExactly(record);
        assertThat(test.home.sandboxesFolder().toFile().list()).containsExactly("a");
        assertThat(test.home.sandboxFolder("a").toFile().list())
                .containsExactlyInAnyOrder("sandbox.json", "lock", "logs", "disk-0.qcow2");
    }
}
