package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is exported from one home comes out of the import into another.
class SnapshotArchiveTest extends ArchiveFixture {
    @Test
    void aSnapshotComesOutWithAllThatItLiesOnUnderItsNameAndWithItsLabels() throws Exception {
        String id = chain(from);
        from.snapshots.saveNamed(id, "kept");
        from.snapshots.relabel(id, _ -> Map.of("stage", "seeded"));
        assertThat(load(to, export(from, id, (String) null), null)).isEqualTo(id);

        var entry = to.snapshots.list().getFirst();
        assertThat(to.snapshots.list()).hasSize(1);
        assertThat(entry.names()).containsExactly("kept");
        assertThat(entry.labels()).isEqualTo(Map.of("stage", "seeded"));
        var chains = to.snapshots.verify(id);
        assertThat(chains.memory()).hasSize(3);
        assertThat(chains.disk()).hasSize(3);
        for (SnapshotManifest each : chains.memory()) {
            Path file = to.home.snapshotFolder(each.id()).resolve("ram.img");
            assertThat(file)
                    .hasSameBinaryContentAs(from.home.snapshotFolder(each.id()).resolve("ram.img"));
        }
        assertThat(chains.snapshot().files()).allMatch(StoredFile::durable);
        assertThat(TestHome.afterRestart(temp.resolve("to")).snapshots.resolve("kept").id())
                .isEqualTo(id);
    }

    @Test
    void anUnnamedSnapshotNeedsANameAndGetsTheOneThatIsGiven() throws Exception {
        from.booted("base");
        String id = from.snapshot("base");
        byte[] archive = export(from, id, new SnapshotExport.Along(null, null, root(false)));
        var before = files(to);
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> load(to, archive, null));
        assertFails(ErrorCode.INVALID_NAME, () -> load(to, archive, "../x"));
        assertNothingCame(before);
        load(to, archive, "given");
        assertThat(to.snapshots.resolve("given").id()).isEqualTo(id);
        assertFails(ErrorCode.NAME_TAKEN, () -> load(to, archive, "given"));
        load(to, archive, "again");
        assertThat(to.snapshots.list().getFirst().names()).containsExactly("again", "given");
    }

    @Test
    void holesStayHolesAndZerosBecomeHoles() throws Exception {
        String id = sparse(256L << 20);
        byte[] archive = export(from, id, (String) null);
        assertThat(archive.length).isLessThan(3 << 20);
        load(to, archive, null);
        Path came = to.home.snapshotFolder(id).resolve("ram.img");
        assertThat(came).hasSize((256L << 20) + 100);
        assertThat(Digests.of(came))
                .isEqualTo(Digests.of(from.home.snapshotFolder(id).resolve("ram.img")));
        assertThat(SparseFiles.dataBytes(came)).isBetween(2L << 20, (2L << 20) + (64 << 10));
        to.snapshots.verify(id);
    }

    /// A snapshot with two mebibytes of noise, four of zeros that are data, and a hole.
    private String sparse(long size) throws IOException {
        var source = from.booted("base");
        String id = Ids.next();
        try (var staging = from.snapshots.begin(id)) {
            Path ram = staging.file("ram.img", Part.MEMORY);
            SparseFiles.create(ram, size + 100);
            byte[] noise = new byte[1 << 20];
            new Random(1).nextBytes(noise);
            try (var open = new RandomAccessFile(ram.toFile(), "rw")) {
                open.seek(12288);
                open.write(noise);
                open.write(new byte[4 << 20]);
                open.seek(size + 100 - noise.length);
                open.write(noise);
            }
            Files.writeString(staging.file("devices", Part.MEMORY), "devices");
            Files.writeString(staging.file("disk.qcow2", Part.DISK), "disk");
            staging.publish(SnapshotManifest.of(id, source).withoutMemoryBase());
        }
        return id;
    }

    @Test
    void tarUnpacksAnArchiveWithItsHoles() throws Exception {
        String id = sparse(64L << 20);
        Path tar = temp.resolve("archive.tar");
        Files.write(tar, unpacked(export(from, id, (String) null)));
        var process =
                new ProcessBuilder("tar", "-xvf", tar.toString(), "-C", temp.toString())
                        .redirectErrorStream(true)
                        .start();
        String listing =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(listing).isZero();
        assertThat(listing.lines())
                .containsExactly(
                        "stasis-snapshot.json",
                        id + "/ram.img",
                        id + "/devices",
                        id + "/disk.1.qcow2",
                        "stasis-snapshot.sha256");
        Path ram = temp.resolve(id).resolve("ram.img");
        assertThat(Digests.of(ram))
                .isEqualTo(Digests.of(from.home.snapshotFolder(id).resolve("ram.img")));
        assertThat(SparseFiles.dataBytes(ram)).isLessThan(8 << 20);
        assertThat(Files.readString(temp.resolve("stasis-snapshot.sha256")))
                .startsWith(Digests.hex(Files.readAllBytes(temp.resolve("stasis-snapshot.json"))));
    }

    @Test
    void sinceLeavesOutWhatTheOtherHasAndItIsRefusedByNameWhereThatIsMissing() throws Exception {
        String last = chain(from);
        String middle = String.valueOf(from.snapshots.resolve(last).diskBase());
        byte[] whole = export(from, middle, (String) null);
        byte[] rest = export(from, last, middle);
        assertThat(rest.length).isLessThan(whole.length);
        assertThat(assertFails(ErrorCode.SNAPSHOT_NOT_FOUND, () -> load(to, rest, null)))
                .hasMessageContaining(middle);
        load(to, whole, "middle");
        load(to, rest, "last");
        assertThat(to.snapshots.verify(last).memory()).hasSize(3);
        to.snapshots.delete("middle");
        assertThat(to.snapshots.verify(last).memory()).hasSize(3);
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> export(from, middle, last));
    }

    @Test
    void anotherSnapshotOfTheSameIdIsNotTakenForTheBase() throws Exception {
        String last = chain(from);
        String middle = String.valueOf(from.snapshots.resolve(last).diskBase());
        load(to, export(from, middle, (String) null), "middle");
        Path devices = from.home.snapshotFolder(middle).resolve("devices");
        Files.writeString(devices, "DEVICES of child");
        var manifest = from.snapshots.resolve(middle);
        var files = new ArrayList<StoredFile>();
        for (StoredFile file : manifest.files()) {
            files.add(
                    new StoredFile(
                            file.name(),
                            file.part(),
                            file.size(),
                            true,
                            Digests.of(from.home.snapshotFolder(middle).resolve(file.name()))));
        }
        from.home
                .disk()
                .write(
                        from.home.snapshotFolder(middle).resolve(SnapshotStore.MANIFEST),
                        manifest.withFiles(files).toBytes(),
                        Durability.SYNCED);
        byte[] rest = export(from, last, middle);
        assertThat(assertFails(ErrorCode.ARCHIVE_INVALID, () -> load(to, rest, "last")))
                .hasMessageContaining("devices");
    }

    @Test
    void aSnapshotThatLostItsMemoryGetsItBack() throws Exception {
        from.booted("base");
        String id = from.snapshot("base");
        from.snapshots.saveNamed(id, "kept");
        byte[] archive = export(from, id, (String) null);
        from.snapshots.delete("kept");
        from.snapshots.close(id);
        var source = from.sandboxes.get("base");
        from.sandboxes.update(
                source.withLayers(source.layers().withoutMemory()), Durability.UNSYNCED);
        from.snapshots.collect();
        assertThat(from.has(id)).isTrue();
        assertThat(from.hasMemory(id)).isFalse();
        load(from, archive, null);
        assertThat(from.snapshots.resolve("kept").id()).isEqualTo(id);
        from.snapshots.verify(id);
        assertThat(from.hasMemory(id)).isTrue();
    }

    @Test
    void aSnapshotThatWasChangedIsNotExported() throws Exception {
        String id = sparse(1 << 20);
        from.snapshots.saveNamed(id, "kept");
        try (var ram =
                new RandomAccessFile(
                        from.home.snapshotFolder(id).resolve("ram.img").toFile(), "rw")) {
            ram.seek(20000);
            ram.write(1);
        }
        assertFails(ErrorCode.STORE_DAMAGED, () -> export(from, id, (String) null));
    }
}
