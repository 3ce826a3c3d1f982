package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import dev.stasis.Finding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Bits that fall over in any file of a snapshot, and files that somebody changed.
@Timeout(180)
class BitFlipTest {
    private static final int LARGE_BYTES = 3 << 20;

    @TempDir(factory = QuickFolder.class)
    Path temp;

    private TestHome test;
    private String id;

    /// A snapshot on two others, one of which was folded since it was named; with a large file, and
    /// a large hole in it.
    @BeforeEach
    void save() throws IOException {
        test = TestHome.open(temp.resolve("home"));
        var world = new World(test, World.Journal.NONE);
        world.boot("base");
        for (String name : List.of("one", "two", "three")) {
            world.write("base", name, name);
            world.save(world.capture("base"), Saving.as(name));
        }
        world.delete("two");
        world.fold(null);
        world.fork("fork", world.id("three"));
        id = captureLarge();
        test.snapshots.saveNamed(id, "large");
        test.snapshots.relabel(
                id,
                labels -> {
                    labels.put("a", "b");
                    return labels;
                });
    }

    private String captureLarge() throws IOException {
        var source = test.sandboxes.get("fork");
        String large = Ids.next();
        try (var staging = test.snapshots.begin(large)) {
            Path ram = staging.file("ram.delta", Part.MEMORY);
            byte[] content = new byte[LARGE_BYTES];
            new Random(1).nextBytes(content);
            Files.write(ram, content);
            try (var file = FileChannel.open(ram, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(content, 0, 5000), 3L * LARGE_BYTES);
            }
            Files.writeString(staging.file("devices", Part.MEMORY), "devices");
            Files.writeString(staging.file("disk.qcow2", Part.DISK), "a=b\n");
            staging.publish(SnapshotManifest.of(large, source).withMemoryBase(memoryBase(source)));
        }
        return large;
    }

    private static String memoryBase(SandboxRecord source) {
        return Objects.requireNonNull(source.layers().memoryBase());
    }

    private List<Path> files() throws IOException {
        var files = new ArrayList<Path>();
        var chains = test.snapshots.verify(id);
        var all = new LinkedHashSet<>(chains.memory());
        all.addAll(chains.disk());
        assertThat(all).hasSize(3);
        for (SnapshotManifest manifest : all) {
            files.addAll(Leftovers.entries(test.home.snapshotFolder(manifest.id())));
        }
        assertThat(files.toString()).contains("ram.1.", "disk.2.", "replaced.json", ".labels");
        files.add(test.home.namesFolder().resolve("large"));
        return files;
    }

    @Test
    void everyFlippedBitIsFoundAndItsFileNamed() throws Exception {
        var random = new Random(2);
        for (Path file : files()) {
            byte[] whole = Files.readAllBytes(file);
            int flips = whole.length < LARGE_BYTES ? whole.length : 20;
            for (int i = 0; i < flips; i++) {
                int at = flips == whole.length ? i : random.nextInt(whole.length);
                flip(file, at, 1 << random.nextInt(8));
                assertFound(file, at);
                overwrite(file, at, whole[at]);
            }
        }
        test.snapshots.read(id, _ -> {});
        assertThat(test.home.check()).isEmpty();
    }

    private void assertFound(Path file, int at) {
        String name = String.valueOf(file.getFileName());
        if (name.equals(Verified.FILE)) {
            test.snapshots.read(id, _ -> {}); // It only saves time.
            return;
        }
        if (name.equals(Labels.FILE)) {
            assertThat(test.home.check())
                    .as("byte %d of %s", at, file)
                    .anyMatch(finding -> finding.outcome() == Finding.Outcome.LOST);
            return;
        }
        var failure =
                assertFails(
                        ErrorCode.STORE_DAMAGED,
                        () -> test.snapshots.read(test.snapshots.resolve("large").id(), _ -> {}));
        assertThat(failure).as("byte %d of %s", at, file).hasMessageContaining(name);
        if (at % 50 == 0) {
            assertThat(test.snapshots.readAll(_ -> {}).toString()).contains(name);
        }
    }

    private static void flip(Path file, int at, int bit) throws IOException {
        var one = ByteBuffer.allocate(1);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.read(one, at);
        }
        overwrite(file, at, (byte) (one.get(0) ^ bit));
    }

    private static void overwrite(Path file, int at, byte value) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {value}), at);
        }
    }

    /// Without reading the whole file where it is the one that was verified.
    @Test
    void everyChangeThroughTheFileSystemIsRefusedByARestore() throws Exception {
        for (String name : List.of("ram.delta", "devices")) {
            Path file = test.home.snapshotFolder(id).resolve(name);
            byte[] whole = Files.readAllBytes(file);
            var times = Files.getLastModifiedTime(file);
            awaitVerified(file);

            // Its old time does not hide it.
            flip(file, whole.length / 2, 1);
            Files.setLastModifiedTime(file, times);
            assertRefused(name, "was changed");
            Files.write(file, whole);
            test.snapshots.verify(id);

            // Nor that it happens right after it was verified.
            flip(file, 1, 1);
            Files.setLastModifiedTime(file, times);
            assertRefused(name, "was changed");
            Files.write(file, whole);
            awaitVerified(file);

            // Another file in its place, which looks the same.
            Path other = Files.write(temp.resolve("other"), whole);
            flip(other, 1, 1);
            Files.setLastModifiedTime(other, times);
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
            assertRefused(name, "was changed");

            Files.write(file, Arrays.copyOf(whole, whole.length - 1));
            assertRefused(name, "bytes and should have");
            Files.delete(file);
            assertRefused(name, "is missing");
            Files.write(file, whole);
            test.snapshots.verify(id);
        }
    }

    /// Verifies until a file need not be read again.
    private void awaitVerified(Path file) throws Exception {
        do {
            Thread.sleep(10);
            test.snapshots.verify(id);
        } while (!Verified.of(test.home, id).isSame(file));
    }

    private void assertRefused(String file, String because) {
        assertThat(assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id)))
                .hasMessageContaining(file)
                .hasMessageContaining(because);
    }

    /// Two that were the other's, each right by itself.
    @Test
    void swappedFilesAreRefused() throws Exception {
        var manifest = test.snapshots.resolve("one");
        Path one = test.home.snapshotFolder(manifest.id());
        Path other = test.home.snapshotFolder(id);
        for (String name : List.of("devices", "disk.qcow2", SnapshotStore.MANIFEST)) {
            swap(one.resolve(name), other.resolve(name));
            assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id));
            swap(one.resolve(name), other.resolve(name));
            test.snapshots.verify(id);
        }
        swap(one, other);
        assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.verify(id));
        swap(one, other);

        // A manifest of this very snapshot that is not the one which got the name.
        Path file = other.resolve(SnapshotStore.MANIFEST);
        byte[] sealed = Files.readAllBytes(file);
        var changed = SnapshotManifest.read(other).withFiles(List.of());
        Files.write(file, changed.toBytes());
        assertFails(ErrorCode.STORE_DAMAGED, () -> test.snapshots.resolve("large"));
        Files.write(file, sealed);
        test.snapshots.read(id, _ -> {});
    }

    private void swap(Path one, Path other) throws IOException {
        Path aside = temp.resolve("aside");
        Files.move(one, aside);
        Files.move(other, one);
        Files.move(aside, other);
    }
}
