package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Two homes, and archives that go from one to the other.
abstract class ArchiveFixture {
    @TempDir Path temp;
    TestHome from;
    TestHome to;
    Path image;

    @BeforeEach
    void open() throws IOException {
        image = Files.writeString(temp.resolve("root.sqfs"), "root file system");
        from = TestHome.open(temp.resolve("from"));
        to = TestHome.open(temp.resolve("to"));
    }

    /// Takes the archive as it is.
    static final class Plain implements SnapshotImport.Receiver {
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

    static byte[] export(TestHome home, String id, SnapshotExport.Along along) {
        var out = new ByteArrayOutputStream();
        new SnapshotExport(home.home, ArchiveFixture::alone).write(id, along, out);
        return out.toByteArray();
    }

    SnapshotExport.Root root(boolean included) {
        return new SnapshotExport.Root(image, included, Map.of("source", "busybox"));
    }

    byte[] export(TestHome home, String id, @Nullable String since) {
        return export(home, id, new SnapshotExport.Along("kept", since, root(false)));
    }

    static String load(TestHome home, byte[] archive, @Nullable String name) {
        return new SnapshotImport(home.home)
                .read(new ByteArrayInputStream(archive), name, new Plain());
    }

    /// As if the lowest layer lay on something.
    static boolean alone(Path layer, Path target) throws IOException {
        Files.writeString(target, Files.readString(layer) + " alone");
        return true;
    }

    static byte[] unpacked(byte[] archive) {
        return Zstd.decompress(archive, 64 << 20);
    }

    /// A fork of a fork, each with a memory that is a delta of the one before.
    String chain(TestHome home) {
        home.booted("base");
        String first = home.snapshot("base");
        home.forked("child", first);
        String second = home.snapshot("child");
        home.forked("grandchild", second);
        return home.snapshot("grandchild");
    }

    List<Path> files(TestHome home) throws IOException {
        try (var all = Files.walk(home.home.root())) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("lock"))
                    .map(home.home.root()::relativize)
                    .sorted()
                    .toList();
        }
    }

    void assertNothingCame(List<Path> before) throws IOException {
        assertThat(files(to)).isEqualTo(before);
        assertThat(to.home.snapshotsFolder().toFile().list())
                .containsExactlyInAnyOrder("names", "pins");
    }
}
