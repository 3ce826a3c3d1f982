package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files of snapshots that are not what they should be.
class SnapshotDamageTest {
    @TempDir Path temp;
    private TestHome test;
    private String id;
    private String base;

    @BeforeEach
    void save() {
        test = TestHome.open(temp.resolve("home"));
        test.booted("base");
        base = test.snapshot("base");
        id = test.snapshot("base");
        test.snapshots.saveNamed(id, "seeded");
    }

    @Test
    void aDamagedManifestIsNamed() throws Exception {
        Path file = test.home.snapshotFolder(id).resolve("manifest.json");
        String whole = json(file);
        String[] damages = {
            "",
            "{}",
            "[1]",
            whole.substring(0, whole.length() - 3),
            whole.replace("\"format\" : 2", "\"format\" : 9"),
            whole.replace("\"" + id + "\"", "\"" + base + "\""),
            whole.replace("\"" + base + "\"", "\"" + id + "\""),
            whole.replace("\"" + base + "\"", "\"../names\""),
            whole.replace("\"ram.img\"", "\"../../../etc/passwd\""),
            whole.replace("\"ram.img\"", "\"disk.qcow2\""),
            whole.replace("\"ram.img\"", "\"manifest.json\""),
            whole.replace("\"MEMORY\"", "\"SOUL\""),
            whole.replaceAll("\"size\" : \\d+", "\"size\" : -1"),
            whole.replaceAll("\"size\" : \\d+", "\"size\" : 1e3"),
            whole.replaceAll("\"tree\" : \"[^\"]*\"", "\"tree\" : \"abc\""),
            whole.replaceAll("\"memory\" : \\d+", "\"memory\" : 0"),
            whole.replaceAll("\"env\" : \\{[^}]*}", "\"env\" : { \"K\" : 1 }"),
            whole + " ".repeat(2 << 20),
            "{\"format\":1,\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"
        };
        for (String damage : damages) {
            assertThat(damage).isNotEqualTo(whole);
            Files.write(file, seal(damage));
            assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.resolve("seeded")))
                    .as(damage.length() > 2000 ? "a large one" : damage)
                    .hasMessageContaining("manifest");
            assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id));
            assertThat(test.snapshots.list())
                    .extracting(entry -> entry.manifest().id())
                    .containsExactly(base);
        }
        Files.delete(file);
        assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id));
    }

    @Test
    void truncatedMissingSwappedAndLinkedFilesAreRefused() throws Exception {
        Path ram = test.home.snapshotFolder(id).resolve("ram.img");
        byte[] whole = Files.readAllBytes(ram);
        test.snapshots.verify(id);

        Files.write(ram, java.util.Arrays.copyOf(whole, whole.length - 1));
        assertDamaged("bytes and should have");
        Files.write(ram, new byte[whole.length]);
        assertDamaged("was changed");
        Files.delete(ram);
        assertDamaged("is missing");
        Path elsewhere = Files.write(temp.resolve("ram"), whole);
        Files.createSymbolicLink(ram, elsewhere);
        assertDamaged("is no plain file");
        Files.delete(ram);
        Files.createDirectory(ram);
        assertDamaged("is no plain file");
    }

    private void assertDamaged(String message) {
        assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id)))
                .hasMessageContaining("ram.img")
                .hasMessageContaining(message);
    }

    @Test
    void aDamageInWhatASnapshotLiesOnIsFound() throws Exception {
        Path disk = test.home.snapshotFolder(base).resolve("disk.qcow2");
        Files.delete(disk);
        assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id)))
                .hasMessageContaining(base);
        new Disk().deleteTree(test.home.snapshotFolder(base));
        assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id)))
                .hasMessageContaining(base)
                .hasMessageContaining("is missing");
    }

    @Test
    void snapshotsThatLieOnEachOtherAreRefused() throws Exception {
        Path file = test.home.snapshotFolder(base).resolve("manifest.json");
        String looped = json(file).replace("\"setup\"", "\"diskBase\" : \"" + id + "\", \"setup\"");
        Files.write(file, seal(looped));
        assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id)))
                .hasMessageContaining("lies on itself");
        test.snapshots.collect();
        assertThat(test.has(id)).isTrue();
    }

    @Test
    void nothingIsDeletedWhileItIsUnknownWhatIsInUse() throws Exception {
        String doomed = test.snapshot("base");
        test.stop("base");
        test.snapshots.close(doomed);
        assertThat(test.hasMemory(doomed)).isFalse();
        String other = test.snapshot("base");
        test.stop("base");
        Path manifest = test.home.snapshotFolder(id).resolve("manifest.json");
        byte[] whole = Files.readAllBytes(manifest);

        Files.write(manifest, new byte[0]);
        test.snapshots.close(other);
        assertThat(test.hasMemory(other)).isTrue();
        Files.write(manifest, whole);
        Path record = test.home.sandboxFolder("base").resolve("sandbox.json");
        byte[] wholeRecord = Files.readAllBytes(record);
        Files.write(record, new byte[0]);
        test.snapshots.collect();
        assertThat(test.hasMemory(other)).isTrue();
        Files.write(record, wholeRecord);
        test.snapshots.collect();
        assertThat(test.hasMemory(other)).isFalse();
    }

    @Test
    void aDamagedNameIsNamed() throws Exception {
        Path name = test.home.namesFolder().resolve("seeded");
        for (String damage : new String[] {"", "../../x", "x".repeat(1000)}) {
            Files.writeString(name, damage);
            assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.resolve("seeded")))
                    .hasMessageContaining("seeded");
        }
        Files.delete(name);
        Files.createSymbolicLink(name, Path.of("/etc/hostname"));
        assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.resolve("seeded"));
    }

    @Test
    void aDamagedSnapshotThatNobodyNeedsIsDeleted() throws Exception {
        test.booted("other");
        String unneeded = test.snapshot("other");
        test.remove("other");
        assertThat(test.has(unneeded)).isFalse();

        test.booted("third");
        String broken = test.snapshot("third");
        Files.write(test.home.snapshotFolder(broken).resolve("manifest.json"), new byte[0]);
        test.remove("third");
        assertThat(test.has(broken)).isFalse();
    }

    /// The manifest without the line that seals it.
    private static String json(Path file) throws java.io.IOException {
        String sealed = Files.readString(file);
        return sealed.substring(sealed.indexOf('\n') + 1);
    }

    private static byte[] seal(String json) {
        return Sealed.seal(json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
