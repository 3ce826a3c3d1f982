package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The digest of a file is what the documents of the format say.
class DigestTest {
    private static final int CHUNK = 256 << 10;

    @TempDir Path temp;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 9 * CHUNK + 77})
    void itIsThatOfALineAndTheDigestsOfTheChunksWhetherOrNotThereAreHoles(int size)
            throws Exception {
        Path file = temp.resolve("file");
        var random = new Random(size);
        byte[] content = new byte[size];
        try (var channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int at = 0; at < size; at += 100_000) {
                if (random.nextInt(3) == 0) {
                    byte[] some = new byte[Math.min(30_000, size - at)];
                    random.nextBytes(some);
                    System.arraycopy(some, 0, content, at, some.length);
                    channel.write(ByteBuffer.wrap(some), at);
                }
            }
            if (size > 0) {
                channel.write(ByteBuffer.wrap(content, size - 1, 1), size - 1);
            }
        }
        assertThat(Digests.of(file).hex()).isEqualTo(documented(content));
        var whole = Files.write(temp.resolve("whole"), content);
        assertThat(Digests.of(whole)).isEqualTo(Digests.of(file));
        var passing = new PassingDigest(Digest.Scheme.TREE, size);
        passing.data(content, 0, size);
        assertThat(passing.digest()).isEqualTo(Digests.of(file));
    }

    private static String documented(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        out.write(("stasis-tree 1 " + content.length + "\n").getBytes(StandardCharsets.US_ASCII));
        for (int at = 0; at < content.length; at += CHUNK) {
            out.write(
                    Digests.sha256(
                            Arrays.copyOfRange(content, at, Math.min(content.length, at + CHUNK))));
        }
        return Digests.hex(out.toByteArray());
    }
}
