package dev.stasis.local.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.FileInfo;
import dev.stasis.FileKind;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a hostile guest may try when it is copied from.
class HostTargetTest {
    @TempDir Path folder;
    private Path outside;
    private Path root;
    private HostTarget target;

    @BeforeEach
    void prepare() throws IOException {
        outside = Files.createDirectory(folder.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "precious");
        root = folder.resolve("root");
        target = new HostTarget(root, false);
        target.folder("", info(FileKind.FOLDER, 0755));
    }

    private static FileInfo info(FileKind kind, int permissions) {
        var time = Instant.ofEpochSecond(1_000_000);
        return new FileInfo(
                "x", kind, 1, 1, permissions, 0, 0, time, time, time, 1, 1, 1, Optional.empty());
    }

    private void write(String path, int permissions) {
        try (var sink = target.file(path, info(FileKind.FILE, permissions))) {
            sink.data(0, ByteBuffer.wrap("guest".getBytes(StandardCharsets.UTF_8)));
            sink.end(5);
        }
    }

    private void assertNothingHappenedOutside() throws IOException {
        assertThat(outside.resolve("precious")).hasContent("precious");
        try (var all = Files.list(outside)) {
            assertThat(all).hasSize(1);
        }
    }

    @Test
    void aFolderNeverGoesThroughALinkOfItsName() throws IOException {
        target.link("a", info(FileKind.LINK, 0777), outside.toString());
        target.folder("a", info(FileKind.FOLDER, 0700));
        write("a/precious", 0644);
        target.folderEnd("a", info(FileKind.FOLDER, 0700));

        assertThat(Files.isDirectory(root.resolve("a"), LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThat(root.resolve("a/precious")).hasContent("guest");
        assertNothingHappenedOutside();
    }

    @Test
    void aFolderNeverGoesThroughALinkThatAnEarlierCopyMade() throws IOException {
        target.link("a", info(FileKind.LINK, 0777), outside.toString());
        var again = new HostTarget(root, false);
        again.folder("", info(FileKind.FOLDER, 0755));
        again.folder("a", info(FileKind.FOLDER, 0700));

        assertThat(Files.isSymbolicLink(root.resolve("a"))).isFalse();
        assertNothingHappenedOutside();
    }

    @Test
    void aFileNeverGoesThroughALinkOfItsName() throws IOException {
        target.link("f", info(FileKind.LINK, 0777), outside.resolve("precious").toString());
        write("f", 0600);

        assertThat(Files.isSymbolicLink(root.resolve("f"))).isFalse();
        assertNothingHappenedOutside();
    }

    @Test
    void aFileThatHasOtherNamesIsReplacedAndNotWritten() throws IOException {
        Files.createLink(root.resolve("f"), outside.resolve("precious"));
        write("f", 0600);

        assertThat(root.resolve("f")).hasContent("guest");
        assertNothingHappenedOutside();
    }

    @Test
    void aHardLinkIsOneToWhatWasCopiedEvenIfThatBecameALink() throws IOException {
        write("f", 0600);
        target.link("f", info(FileKind.LINK, 0777), outside.resolve("precious").toString());
        target.again("g", info(FileKind.FILE, 0600), "f");

        assertThat(Files.isSymbolicLink(root.resolve("g"))).isTrue();
        assertNothingHappenedOutside();
    }

    @Test
    void attributesOfALinkDoNotReachWhatItLeadsTo() throws IOException {
        var before = Files.getLastModifiedTime(outside.resolve("precious"));
        target.link("f", info(FileKind.LINK, 0777), outside.resolve("precious").toString());

        assertThat(Files.getLastModifiedTime(outside.resolve("precious"))).isEqualTo(before);
        assertThat(
                        Files.getLastModifiedTime(root.resolve("f"), LinkOption.NOFOLLOW_LINKS)
                                .toInstant())
                .isEqualTo(Instant.ofEpochSecond(1_000_000));
    }

    @Test
    void nothingIsSetUserIdUnlessOwnersAreKept() throws IOException {
        write("f", 06755);

        assertThat((Integer) Files.getAttribute(root.resolve("f"), "unix:mode") & 07777)
                .isEqualTo(0755);
    }

    @Test
    void whatIsInTheWayIsSaid() throws IOException {
        write("f", 0600);
        assertThatThrownBy(() -> target.folder("f", info(FileKind.FOLDER, 0700)))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED))
                .hasMessageContaining("FileAlreadyExists");
        target.folder("d", info(FileKind.FOLDER, 0700));
        assertThatThrownBy(() -> write("d", 0600)).isInstanceOf(StasisException.class);
        assertThat(Files.isDirectory(root.resolve("d"))).isTrue();
    }

    @Test
    void partsThatAreNoNamesAreAMistakeAndNotAPath() {
        for (String path : new String[] {"..", "a/../..", ".", "a//b"}) {
            assertThatThrownBy(() -> target.folder(path, info(FileKind.FOLDER, 0700)))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
