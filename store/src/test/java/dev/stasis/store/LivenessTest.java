package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What lives as long as what.
class LivenessTest {
    @TempDir Path temp;
    private TestHome test;
    private SnapshotStore snapshots;

    @BeforeEach
    void open() {
        test = TestHome.open(temp.resolve("home"));
        snapshots = test.snapshots;
        test.booted("base");
    }

    @Test
    void anUnnamedSnapshotEndsWithItsSource() {
        String id = test.snapshot("base");
        snapshots.collect();
        assertThat(snapshots.restorable(id)).isTrue();
        test.remove("base");

        assertThat(snapshots.restorable(id)).isFalse();
        assertThat(test.has(id)).isFalse();
    }

    @Test
    void aForkKeepsTheBytesOfItsBaseButNobodyElseMayRestoreIt() {
        String id = test.snapshot("base");
        test.forked("fork", id);
        test.remove("base");

        assertThat(test.hasMemory(id)).isTrue();
        assertThat(snapshots.restorable(id)).isFalse();
        assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> test.forked("late", id));
        assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> snapshots.saveNamed(id, "late"));
        test.remove("fork");
        assertThat(test.has(id)).isFalse();
    }

    @Test
    void anotherSandboxOfTheSourcesNameRevivesNothing() {
        String id = test.snapshot("base");
        test.forked("fork", id);
        test.remove("base");
        test.booted("base");

        assertThat(snapshots.restorable(id)).isFalse();
    }

    @Test
    void aSandboxThatIsBeingMadeKeepsItsBase() {
        String id = test.snapshot("base");
        var record = SandboxRecord.of("fork", TestHome.SETUP).withBase(id, "disk-0.qcow2");
        try (var _ = test.sandboxes.create(record)) {
            test.remove("base");
            assertThat(test.hasMemory(id)).isTrue();
        }
        try (var leftover = test.sandboxes.leftovers().getFirst()) {
            leftover.remove();
        }
        snapshots.collect();
        assertThat(test.has(id)).isFalse();
    }

    @Test
    void aSourceThatGoesOnKeepsTheDiskLayersOfItsSnapshotsButNotTheirMemory() {
        String first = test.snapshot("base");
        String second = test.snapshot("base");
        snapshots.close(first);

        assertThat(snapshots.restorable(first)).isFalse();
        assertThat(test.has(first)).isTrue();
        assertThat(test.hasMemory(first)).isFalse();
        assertThat(snapshots.verify(second).disk())
                .extracting(SnapshotManifest::id)
                .containsExactly(second, first);
        test.remove("base");
        assertThat(test.has(first)).isFalse();
    }

    @Test
    void aForksSnapshotKeepsTheMemoryOfItsBase() {
        String base = test.snapshot("base");
        test.forked("fork", base);
        String child = test.snapshot("fork");
        snapshots.saveNamed(child, "child");
        test.remove("fork");
        test.remove("base");

        assertThat(test.hasMemory(base)).isTrue();
        assertThat(snapshots.verify(child).memory())
                .extracting(SnapshotManifest::id)
                .containsExactly(child, base);
        assertThat(snapshots.find(base).orElseThrow().files()).allMatch(StoredFile::durable);
        snapshots.delete("child");
        assertThat(test.has(base)).isFalse();
        assertThat(test.has(child)).isFalse();
    }

    @Test
    void aStoppedForkKeepsTheDiskOfItsBaseOnly() {
        String id = test.snapshot("base");
        var fork = test.forked("fork", id);
        test.sandboxes.update(fork.stopped("exited 0", null), Durability.UNSYNCED);
        test.remove("base");

        assertThat(test.has(id)).isTrue();
        assertThat(test.hasMemory(id)).isFalse();
    }

    @Test
    void aSnapshotWithTwoNamesLivesUntilBothAreDeleted() {
        String id = test.snapshot("base");
        snapshots.saveNamed(id, "x");
        snapshots.saveNamed(id, "y");
        test.remove("base");

        snapshots.delete("x");
        assertThat(snapshots.restorable(id)).isTrue();
        snapshots.delete("y");
        assertThat(test.has(id)).isFalse();
    }

    @Test
    void aSnapshotEndsWithItsLastNameThoughItsSourceLives() {
        String id = test.snapshot("base");
        snapshots.saveNamed(id, "x");
        snapshots.saveNamed(id, "y");
        snapshots.delete("x");
        assertThat(snapshots.restorable(id)).isTrue();

        snapshots.delete("y");

        assertThat(snapshots.restorable(id)).isFalse();
    }

    @Test
    void closingANamedSnapshotDoesNotEndIt() {
        String id = test.snapshot("base");
        snapshots.saveNamed(id, "x");
        snapshots.close(id);

        assertThat(snapshots.restorable(id)).isTrue();
        assertThat(test.hasMemory(id)).isTrue();
    }

    @Test
    void aPinnedSnapshotIsKept() throws Exception {
        String id = test.snapshot("base");
        try (var _ = Pin.set(test.home, id)) {
            test.remove("base");
            assertThat(test.hasMemory(id)).isTrue();
        }
        snapshots.collect();
        assertThat(test.has(id)).isFalse();
    }

    @Test
    void aDiskLayerAloneCanBePublishedAfterAnInterruptedCapture() throws Exception {
        var source = test.sandboxes.get("base");
        String id = Ids.next();
        var layers = source.layers().capturing(id, "disk-1.qcow2");
        try (var staging = snapshots.begin(id)) {
            staging.adopt(
                    test.home.sandboxFolder("base").resolve("disk-0.qcow2"),
                    "disk.qcow2",
                    Part.DISK);
            var published = staging.publish(SnapshotManifest.of(id, source));
            test.sandboxes.update(
                    source.withLayers(layers.captured(published)), Durability.UNSYNCED);
        }
        snapshots.collect();

        assertThat(snapshots.restorable(id)).isFalse();
        assertThat(test.home.snapshotFolder(id).resolve("disk.qcow2")).exists();
        assertThat(snapshots.list()).isEmpty();
    }

    /// Whatever is done in whatever order, everything that can be restored verifies, every
    /// sandbox's bases are there, and at the end nothing is left.
    @Test
    void noHistoryLosesOrLeaksAnything() {
        for (int seed = 0; seed < 4; seed++) {
            var random = new Random(seed);
            var known = new ArrayList<String>();
            for (int step = 0; step < 30; step++) {
                act(random, step, known);
                checkAll(seed, step);
            }
            for (var entry : snapshots.list()) {
                entry.names().forEach(snapshots::delete);
            }
            test.sandboxes.list().forEach(sandbox -> test.remove(sandbox.name()));
            assertThat(test.home.snapshotsFolder().toFile().list())
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrder("names", "pins");
        }
    }

    private void act(Random random, int step, List<String> known) {
        var sandboxes = test.sandboxes.list();
        var restorable = snapshots.list();
        int choice = random.nextInt(7);
        if (sandboxes.isEmpty()) {
            test.booted("s" + step);
        } else if (choice <= 1) {
            known.add(test.snapshot(pick(random, sandboxes).name()));
        } else if (choice == 2 && !restorable.isEmpty()) {
            test.forked("s" + step, pick(random, restorable).manifest().id());
        } else if (choice == 3 && !restorable.isEmpty()) {
            snapshots.saveNamed(pick(random, restorable).manifest().id(), "n" + step);
        } else if (choice == 4) {
            test.remove(pick(random, sandboxes).name());
        } else if (choice == 5 && !known.isEmpty()) {
            snapshots.close(pick(random, known));
        } else if (choice == 6) {
            restorable.stream()
                    .filter(entry -> !entry.names().isEmpty())
                    .findFirst()
                    .ifPresent(entry -> snapshots.delete(entry.names().getFirst()));
        }
    }

    private void checkAll(int seed, int step) {
        for (var entry : snapshots.list()) {
            assertThat(snapshots.verify(entry.manifest().id()).memory())
                    .as("seed %d, step %d", seed, step)
                    .isNotEmpty();
        }
        for (var sandbox : test.sandboxes.list()) {
            String memory = sandbox.layers().memoryBase();
            String disk = sandbox.layers().diskBase();
            assertThat(memory == null || test.hasMemory(memory))
                    .as("seed %d, step %d, memory of %s", seed, step, sandbox)
                    .isTrue();
            assertThat(disk == null || test.has(disk))
                    .as("seed %d, step %d, disk of %s", seed, step, sandbox)
                    .isTrue();
        }
    }

    private static <T> T pick(Random random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
