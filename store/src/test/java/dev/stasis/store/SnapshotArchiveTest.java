package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.luben.zstd.Zstd;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.SparseFiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is exported from one home comes out of the import into another, or is refused.
class SnapshotArchiveTest {
    @TempDir Path temp;
    private TestHome from;
    private TestHome to;
    private Path image;

    @BeforeEach
    void open() throws IOException {
        image = Files.writeString(temp.resolve("root.sqfs"), "root file system");
        from = TestHome.open(temp.resolve("from"));
        to = TestHome.open(temp.resolve("to"));
    }

    /// Takes the archive as it is.
    private static final class Plain implements SnapshotImport.Receiver {
        @Override
        public void check(SnapshotArchive archive) {}

        @Override
        public void checkDisk(Path file, @Nullable String beneath) {
            assertThat(file.endsWith("disk.1.qcow2")).isEqualTo(beneath == null);
            assertThat(file)
                    .content()
                    .satisfies(it -> assertThat(it.endsWith(" alone")).isEqualTo(beneath == null));
        }

        @Override
        public Setup place(SnapshotArchive archive, @Nullable Path image) {
            return archive.snapshot().setup();
        }
    }

    private static byte[] export(TestHome home, String id, SnapshotExport.Along along) {
        var out = new ByteArrayOutputStream();
        new SnapshotExport(home.home, SnapshotArchiveTest::alone).write(id, along, out);
        return out.toByteArray();
    }

    private SnapshotExport.Root root(boolean included) {
        return new SnapshotExport.Root(image, included, Map.of("source", "busybox"));
    }

    private byte[] export(TestHome home, String id, @Nullable String since) {
        return export(home, id, new SnapshotExport.Along("kept", since, root(false)));
    }

    private static String load(TestHome home, byte[] archive, @Nullable String name) {
        return new SnapshotImport(home.home)
                .read(new ByteArrayInputStream(archive), name, new Plain());
    }

    /// As if the lowest layer lay on something.
    private static boolean alone(Path layer, Path target) throws IOException {
        Files.writeString(target, Files.readString(layer) + " alone");
        return true;
    }

    private static byte[] unpacked(byte[] archive) {
        return Zstd.decompress(archive, 64 << 20);
    }

    /// A fork of a fork, each with a memory that is a delta of the one before.
    private String chain(TestHome home) {
        home.booted("base");
        String first = home.snapshot("base");
        home.forked("child", first);
        String second = home.snapshot("child");
        home.forked("grandchild", second);
        return home.snapshot("grandchild");
    }

    private List<Path> files(TestHome home) throws IOException {
        try (var all = Files.walk(home.home.root())) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("lock"))
                    .map(home.home.root()::relativize)
                    .sorted()
                    .toList();
        }
    }

    private void assertNothingCame(List<Path> before) throws IOException {
        assertThat(files(to)).isEqualTo(before);
        assertThat(to.home.snapshotsFolder().toFile().list())
                .containsExactlyInAnyOrder("names", "pins");
    }

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

    @Test
    void anArchiveThatIsCutOffAnywhereIsRefused() throws Exception {
        byte[] archive = export(from, chain(from), (String) null);
        var before = files(to);
        for (int length = 0; length < archive.length; length++) {
            byte[] cut = Arrays.copyOf(archive, length);
            assertFails(ErrorCode.ARCHIVE_INVALID, () -> load(to, cut, null));
        }
        byte[] tar = unpacked(archive);
        for (int length = 0; length < tar.length; length += 512) {
            byte[] cut = Zstd.compress(Arrays.copyOf(tar, length));
            assertFails(ErrorCode.ARCHIVE_INVALID, () -> load(to, cut, null));
        }
        byte[] longer = Arrays.copyOf(archive, archive.length + 1);
        assertFails(ErrorCode.ARCHIVE_INVALID, () -> load(to, longer, null));
        assertNothingCame(before);
    }

    /// A few bits of the frame's own header mean nothing; then what comes out is what went in.
    @Test
    void aFlippedBitAnywhereIsRefusedOrDoesNotMatter() throws Exception {
        from.booted("base");
        String id = from.snapshot("base");
        byte[] archive = export(from, id, (String) null);
        byte[] tar = unpacked(archive);
        var before = files(to);
        var random = new Random(2);
        int accepted = 0;
        for (int i = 0; i < archive.length; i++) {
            byte[] flipped = archive.clone();
            flipped[i] ^= (byte) (1 << random.nextInt(8));
            if (accepted(flipped)) {
                accepted++;
                assertThat(unpacked(flipped)).isEqualTo(tar);
                to.snapshots.delete("kept");
            }
        }
        assertThat(accepted).isLessThan(10);
        assertNothingCame(before);
    }

    private boolean accepted(byte[] archive) {
        try {
            load(to, archive, null);
            return true;
        } catch (StasisException e) {
            assertThat(e.code()).as(e.toString()).isEqualTo(ErrorCode.ARCHIVE_INVALID);
            return false;
        }
    }

    /// The checksum of the compression is right here: the archive's own checks have to find it.
    @Test
    void anythingChangedInTheTarFileIsRefused() throws Exception {
        from.booted("base");
        byte[] tar = unpacked(export(from, from.snapshot("base"), (String) null));
        var before = files(to);
        var random = new Random(3);
        for (int i = 0; i < tar.length; i++) {
            if (tar[i] == 0 && i % 16 != 0) {
                continue;
            }
            byte[] changed = tar.clone();
            changed[i] ^= (byte) (1 << random.nextInt(8));
            var failure = catchThrowable(() -> load(to, Zstd.compress(changed), null));
            assertThat(failure).as("byte " + i).isInstanceOf(StasisException.class);
        }
        assertNothingCame(before);
    }

    @Test
    void aFullDiskLeavesNothingAndSaysSo() throws Exception {
        byte[] archive = export(from, chain(from), (String) null);
        for (int writes = 0; ; writes++) {
            Path root = temp.resolve("full-" + writes);
            TestHome.open(root);
            var full = TestHome.open(root, new FullDisk(writes));
            try {
                load(full, archive, null);
                assertThat(writes).isGreaterThan(10);
                return;
            } catch (StasisException e) {
                assertThat(e.code()).as(e.toString()).isEqualTo(ErrorCode.DISK_FULL);
            }
            var again = TestHome.open(root);
            again.snapshots.collect();
            assertThat(again.home.snapshotsFolder().toFile().list())
                    .containsExactlyInAnyOrder("names", "pins");
            assertThat(again.snapshots.list()).isEmpty();
        }
    }

    /// What a hostile archive may say, made from a good one.
    @Test
    void anArchiveThatSaysWhatCannotBeIsRefused() throws Exception {
        String id = chain(from);
        byte[] tar = unpacked(export(from, id, (String) null));
        var before = files(to);
        String other = String.valueOf(from.snapshots.resolve(id).diskBase());
        for (String[] change :
                new String[][] {
                    {"\"format\" : 1,", "\"format\" : 9,"},
                    {"\"name\" : \"devices\"", "\"name\" : \"../vices\""},
                    {"\"name\" : \"devices\"", "\"name\" : \"/evices\""},
                    {"\"name\" : \"ram.img\"", "\"name\" : \"../../x\""},
                    {"\"name\" : \"kept\"", "\"name\" : \"../x\""},
                    {"\"id\" : \"" + other, "\"id\" : \"../../../../x"},
                    {"\"memoryBase\" : \"" + other, "\"memoryBase\" : \"" + id},
                    {"\"diskBase\" : \"" + other, "\"diskBase\" : \"aaaaaaaaaaaa"},
                    {"\"bytes\" : ", "\"bytes\" : -"},
                    {"\"bytes\" : ", "\"bytes\" : 9999999999999"},
                    {"\"size\" : ", "\"size\" : 9999999999999999"},
                    {"\"snapshots\"", "\"snapshot\""},
                    {"\"tree\"", "\"none\""},
                    {other + "/ram.img", "../" + other + "/ram"},
                    {other + "/ram.img", other + "/RAM.img"},
                }) {
            var failure = catchThrowable(() -> load(to, changed(tar, change[0], change[1]), null));
            assertThat(failure).as(String.join(" -> ", change)).isInstanceOf(StasisException.class);
            assertNothingCame(before);
        }
        load(to, changed(tar, "no such text", ""), null); // the changes are what was refused
    }

    /// Replaces a text in an archive, and makes right what depends on it.
    private static byte[] changed(byte[] tar, String from, String to) throws IOException {
        var out = new ByteArrayOutputStream();
        var sink = new TarSink(out, 0);
        var feed = new TarFeed(new ByteArrayInputStream(tar));
        feed.limit(Long.MAX_VALUE);
        byte[] header = null;
        for (boolean more = true; more; ) {
            var entry = feed.next();
            byte[] content = feed.small(entry, 1 << 20);
            if (header == null) {
                header = text(content).replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
                content = header;
            }
            more = !entry.name().equals(SnapshotArchive.DIGEST);
            sink.file(
                    entry.name().replace(from, to),
                    more ? content : SnapshotExport.digestLine(header));
        }
        sink.end();
        return Zstd.compress(out.toByteArray());
    }

    private static String text(byte[] content) {
        return new String(content, StandardCharsets.ISO_8859_1);
    }

    @Test
    void fewCompressedBytesAreNotBelievedToBeMany() throws Exception {
        from.booted("base");
        byte[] tar = unpacked(export(from, from.snapshot("base"), (String) null));
        var out = new ByteArrayOutputStream();
        var sink = new TarSink(out, 0);
        byte[] header = header(tar);
        String grown = text(header).replaceFirst("(ram.img.,[^}]*size. : )[0-9]+", "$132000000");
        assertThat(grown).isNotEqualTo(text(header));
        sink.file(SnapshotArchive.HEADER, grown.getBytes(StandardCharsets.ISO_8859_1));
        byte[] same = new byte[32_000_000];
        Arrays.fill(same, (byte) 'x');
        sink.file(nameOfSecond(tar), same);
        var before = files(to);
        assertThat(
                        assertFails(
                                ErrorCode.ARCHIVE_INVALID,
                                () -> load(to, Zstd.compress(out.toByteArray()), null)))
                .hasMessageContaining("more bytes");
        assertNothingCame(before);
    }

    private static byte[] header(byte[] tar) throws IOException {
        var feed = new TarFeed(new ByteArrayInputStream(tar));
        return feed.small(feed.next(), 1 << 20);
    }

    private static String nameOfSecond(byte[] tar) throws IOException {
        var feed = new TarFeed(new ByteArrayInputStream(tar));
        feed.small(feed.next(), 1 << 20);
        return feed.next().name();
    }
}
