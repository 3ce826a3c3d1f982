package dev.stasis.store;

import static dev.stasis.store.TestHome.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.luben.zstd.Zstd;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Archives that are damaged, hostile, or find a full disk are refused, and nothing comes of them.
class SnapshotArchiveDamageTest extends ArchiveFixture {
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
