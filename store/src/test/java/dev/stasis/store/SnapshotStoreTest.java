package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {
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
    void aPublishedSnapshotSaysWhatItIs() throws Exception {
        String id = test.snapshot("base");
        var manifest = snapshots.resolve(id);

        assertThat(manifest.id()).isEqualTo(id);
        assertThat(manifest.source().name()).isEqualTo("base");
        assertThat(manifest.setup()).isEqualTo(TestHome.SETUP);
        assertThat(manifest.files())
                .extracting(StoredFile::name)
                .containsExactly("ram.img", "devices", "disk.qcow2");
        assertThat(manifest.files()).noneMatch(StoredFile::durable);
        assertThat(TestHome.open(temp.resolve("home")).snapshots.resolve(id)).isEqualTo(manifest);
        try (var files = Files.list(test.home.snapshotFolder(id))) {
            assertThat(files)
                    .allMatch(file -> mode(file).equals("rw-------"))
                    .noneMatch(file -> file.endsWith("lock"));
        }
        assertThat(snapshots.bytesOnDisk(id)).isPositive();
    }

    private static String mode(Path file) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whatIsNotPublishedIsRemoved() throws Exception {
        String id = Ids.next();
        try (var staging = snapshots.begin(id)) {
            Files.writeString(staging.file("ram.img", Part.MEMORY), "x");
        }
        assertThat(test.has(id)).isFalse();
        assertThat(test.home.snapshotsFolder().toFile().list())
                .containsExactlyInAnyOrder("names", "pins");
    }

    @Test
    void aSnapshotThatLacksAFileIsNotPublished() {
        String id = Ids.next();
        try (var staging = snapshots.begin(id)) {
            staging.file("ram.img", Part.MEMORY);
            assertFails(
                    ErrorCode.IO_FAILED,
                    () -> staging.publish(SnapshotManifest.of(id, test.sandboxes.get("base"))));
        }
        assertThat(test.has(id)).isFalse();
    }

    @Test
    void aNameMakesEveryFileDurableAndDigested() {
        String first = test.snapshot("base");
        String second = test.snapshot("base");
        snapshots.saveNamed(second, "seeded");

        assertThat(snapshots.resolve("seeded").id()).isEqualTo(second);
        assertThat(snapshots.resolve("seeded").files())
                .allMatch(file -> file.durable() && file.digest() != null);
        assertThat(snapshots.find(first).orElseThrow().files())
                .filteredOn(file -> file.part() == Part.DISK)
                .allMatch(StoredFile::durable);
        assertThat(test.home.pinsFolder()).isEmptyDirectory();
    }

    @Test
    void aNameIsGivenOnceAndASnapshotMayHaveSeveral() {
        String one = test.snapshot("base");
        String two = test.snapshot("base");
        snapshots.saveNamed(one, "x");
        snapshots.saveNamed(one, "y");

        assertFails(ErrorCode.NAME_TAKEN, () -> snapshots.saveNamed(two, "x"));
        assertFails(ErrorCode.NAME_TAKEN, () -> snapshots.saveNamed(one, "x"));
        assertFails(ErrorCode.NAME_TAKEN, () -> snapshots.saveNamed(one, two));
        assertFails(ErrorCode.INVALID_NAME, () -> snapshots.saveNamed(one, "../x"));
        assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> snapshots.saveNamed(Ids.next(), "z"));
        assertThat(snapshots.list())
                .extracting(SnapshotStore.Entry::names)
                .containsExactly(java.util.List.of("x", "y"), java.util.List.of());
    }

    @Test
    void unknownSnapshotsAreNotFound() {
        for (String unknown : new String[] {"none", Ids.next(), "", "../names", "A", "a/b"}) {
            assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> snapshots.resolve(unknown));
            assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> snapshots.delete(unknown));
            assertThat(snapshots.find(unknown)).isEmpty();
            assertThat(snapshots.restorable(unknown)).isFalse();
        }
    }

    @Test
    void aNamedSnapshotOutlivesItsSourceAndARestart() {
        String id = test.snapshot("base");
        snapshots.saveNamed(id, "seeded");
        test.remove("base");

        var later = TestHome.afterRestart(temp.resolve("home")).snapshots;
        assertThat(later.restorable(id)).isTrue();
        assertThat(later.verify(id).disk()).hasSize(1);
        later.delete("seeded");
        assertThat(test.has(id)).isFalse();
    }

    @Test
    void anUnnamedSnapshotIsNotTrustedAfterARestart() {
        String id = test.snapshot("base");
        var later = TestHome.afterRestart(temp.resolve("home"));

        assertThat(later.snapshots.restorable(id)).isFalse();
        assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> later.snapshots.saveNamed(id, "late"));
        assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> later.forked("fork", id));
        assertThat(later.sandboxes.find("fork")).isEmpty();
        later.sandboxes.update(
                later.sandboxes.get("base").stopped("restarted", null), Durability.UNSYNCED);
        later.snapshots.collect();
        assertThat(test.hasMemory(id)).isFalse();
        assertThat(test.has(id)).as("the source's disk lies on it").isTrue();
    }

    @Test
    void aFullDiskLeavesTheSnapshotUnnamedAndWhole() {
        String id = test.snapshot("base");
        for (int writes = 0; writes < 2; writes++) {
            var full = TestHome.open(temp.resolve("home"), new FullDisk(writes)).snapshots;
            assertFails(ErrorCode.DISK_FULL, () -> full.saveNamed(id, "seeded"));
            assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> snapshots.resolve("seeded"));
            assertThat(test.home.namesFolder()).isEmptyDirectory();
            assertThat(snapshots.verify(id).snapshot().id()).isEqualTo(id);
        }
        snapshots.saveNamed(id, "seeded");
        assertThat(snapshots.resolve("seeded").id()).isEqualTo(id);
    }

    @Test
    void aFullDiskLeavesNoUnpublishedSnapshot() throws Exception {
        var full = TestHome.open(temp.resolve("home"), new FullDisk(1)).snapshots;
        String id = Ids.next();
        try (var staging = full.begin(id)) {
            Files.writeString(staging.file("devices", Part.MEMORY), "x");
            assertFails(
                    ErrorCode.DISK_FULL,
                    () -> staging.publish(SnapshotManifest.of(id, test.sandboxes.get("base"))));
        }
        assertThat(test.home.snapshotsFolder().toFile().list())
                .containsExactlyInAnyOrder("names", "pins");
    }

    @Test
    void aManifestThatIsTooLargeIsRefused() {
        String id = Ids.next();
        var setup = TestHome.SETUP.withEnv(Map.of("BIG", "x".repeat(2 << 20)));
        try (var staging = snapshots.begin(id)) {
            var draft = SnapshotManifest.of(id, test.sandboxes.get("base")).withSetup(setup);
            assertFails(ErrorCode.INVALID_ARGUMENT, () -> staging.publish(draft));
        }
        assertThat(test.has(id)).isFalse();
    }
}
