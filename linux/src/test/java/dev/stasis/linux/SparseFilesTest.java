package dev.stasis.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparseFilesTest {
    private static final int BLOCK = 64 * 1024;

    @TempDir Path folder;

    @Test
    void aNewFileIsOneHole() throws Exception {
        var file = folder.resolve("new");
        SparseFiles.create(file, 100L * BLOCK);

        assertThat(Files.size(file)).isEqualTo(100L * BLOCK);
        assertThat(SparseFiles.dataRanges(file)).isEmpty();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void dataIsFoundBetweenHoles() throws Exception {
        var file = holesAndData();

        assertThat(SparseFiles.dataRanges(file))
                .containsExactly(
                        new DataRange(2L * BLOCK, BLOCK), new DataRange(50L * BLOCK, 2L * BLOCK));
        assertThat(SparseFiles.dataBytes(file)).isEqualTo(3L * BLOCK);
    }

    @Test
    void aCopyHasTheSameBytesAndTheSameHoles() throws Exception {
        var source = holesAndData();
        var target = folder.resolve("copy");
        SparseFiles.copy(source, target);

        assertThat(Files.mismatch(source, target)).isEqualTo(-1);
        assertThat(SparseFiles.dataRanges(target)).isEqualTo(SparseFiles.dataRanges(source));
    }

    @Test
    void anEmptyFileAndAFileOfOneHoleAreCopied() throws Exception {
        for (long size : new long[] {0, BLOCK}) {
            var source = folder.resolve("source" + size);
            SparseFiles.create(source, size);
            SparseFiles.copy(source, folder.resolve("target" + size));
            assertThat(folder.resolve("target" + size)).hasSize(size);
        }
    }

    @Test
    void nothingIsOverwrittenAndAFailedCopyLeavesNothing() throws Exception {
        var source = holesAndData();
        assertThatThrownBy(() -> SparseFiles.copy(source, source))
                .isInstanceOf(FileAlreadyExistsException.class);
        var target = folder.resolve("target");
        assertThatThrownBy(() -> SparseFiles.copy(folder.resolve("none"), target))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(target).doesNotExist();
        assertThat(source).hasSize(100L * BLOCK);
    }

    private Path holesAndData() throws Exception {
        var file = folder.resolve("source");
        SparseFiles.create(file, 100L * BLOCK);
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int block : new int[] {2, 50, 51}) {
                var bytes = new byte[BLOCK];
                Arrays.fill(bytes, (byte) block);
                channel.write(ByteBuffer.wrap(bytes), (long) block * BLOCK);
            }
        }
        return file;
    }
}
