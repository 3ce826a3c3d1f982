package dev.stasis.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSpaceTest {
    private static final long BLOCK = 64 << 10;

    @TempDir Path folder;

    @Test
    void whatIsReservedStaysAHoleUntilItIsWritten() throws Exception {
        var file = folder.resolve("file");
        SparseFiles.create(file, 10 * BLOCK);
        try (var space = FileSpace.of(file)) {
            assertThat(space.reserve(2 * BLOCK, 4 * BLOCK)).isTrue();
            assertThat(SparseFiles.dataRanges(file)).isEmpty();
            assertThat(space.reserve(8 * BLOCK, 4 * BLOCK)).isTrue();
        }
        assertThat(file).hasSize(10 * BLOCK);
        assertThat(blocks(file)).isGreaterThanOrEqualTo(8 * BLOCK);
    }

    @Test
    void whatIsReleasedTakesNoSpaceAndReadsAsZeros() throws Exception {
        var file = folder.resolve("file");
        Files.write(file, "x".repeat((int) (4 * BLOCK)).getBytes(StandardCharsets.US_ASCII));
        try (var space = FileSpace.of(file)) {
            assertThat(space.release(BLOCK, 2 * BLOCK)).isTrue();
        }
        assertThat(SparseFiles.dataBytes(file)).isEqualTo(2 * BLOCK);
        var bytes = Files.readAllBytes(file);
        assertThat(bytes).hasSize((int) (4 * BLOCK));
        for (int i = 0; i < bytes.length; i++) {
            assertThat(bytes[i]).isEqualTo((byte) (i / BLOCK % 3 == 0 ? 'x' : 0));
        }
    }

    @Test
    void whatCanNotBeHadIsRefusedAndNotAskedForAgain() throws Exception {
        var file = folder.resolve("file");
        SparseFiles.create(file, BLOCK);
        try (var space = FileSpace.of(file)) {
            assertThat(space.reserve(0, Long.MAX_VALUE)).isFalse();
            assertThat(space.reserve(0, BLOCK)).isFalse();
            assertThat(space.release(0, 0)).isFalse();
        }
        assertThatThrownBy(() -> FileSpace.of(folder.resolve("none")))
                .isInstanceOf(NoSuchFileException.class);
    }

    /// What Java does not say: the space that it takes, in bytes.
    private static long blocks(Path file) throws Exception {
        var stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return 512
                * Long.parseLong(
                        new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                                .strip());
    }
}
