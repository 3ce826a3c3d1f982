package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a bad tar file gets: an error that says what is wrong, and nothing left behind.
class BadTarTest {
    private static final ImageLimits SMALL = new ImageLimits(ByteSize.ofMebibytes(1), 1000);

    @TempDir Path temp;
    private Path folder;
    private ImageStore images;

    @BeforeEach
    void open() throws Exception {
        folder = Files.createDirectory(temp.resolve("images"));
        images = ImageStore.open(folder, SMALL, "tar2sqfs");
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    private StasisException refusal(byte[] content) throws Exception {
        return refusal(Files.write(temp.resolve("bad.tar"), content));
    }

    private StasisException refusal(Path file) {
        return catchThrowableOfType(
                StasisException.class,
                () -> images.importTar(file, Duration.ofMinutes(1), step -> {}));
    }

    static Stream<Arguments> badTars() {
        return Stream.of(
                bad("'../x', which leads out", TestTar.begin().file("../x", "")),
                bad("'a/../../x', which leads out", TestTar.begin().file("a/../../x", "")),
                bad("'a/../x', which leads out", TestTar.begin().file("a/../x", "")),
                bad("'../', which leads out", TestTar.begin().folder("..")),
                bad("leads out", TestTar.begin().extended("path", "/../x").file("ok", "")),
                bad("leads out", TestTar.begin().gnuLongName("x/../../y").file("ok", "")),
                bad(
                        "name that Linux can't have",
                        TestTar.begin().extended("path", "a/" + "n".repeat(256)).file("ok", "")),
                bad(
                        "name that Linux can't have",
                        TestTar.begin().extended("path", "ab/".repeat(1400)).file("ok", "")),
                bad(
                        "'../../etc/shadow', which leads out",
                        TestTar.begin().hardLink("x", "../../etc/shadow")),
                bad("no file that comes before", TestTar.begin().hardLink("x", "/etc/shadow")),
                bad("no file that comes before", TestTar.begin().folder("d").hardLink("x", "d")),
                bad("no file that comes before", TestTar.begin().hardLink("x", "x")),
                bad("hard link 'x' to itself", TestTar.begin().file("x", "").hardLink("x", "x")),
                bad(
                        "'a/x' in 'a', which is no folder",
                        TestTar.begin().symbolicLink("a", "/etc").file("a/x", "")),
                bad(
                        "'a/b/x' in 'a', which is no folder",
                        TestTar.begin().file("a", "").file("a/b/x", "")),
                bad(
                        "'a' as a folder and as something else",
                        TestTar.begin().file("a/x", "").symbolicLink("a", "/etc")),
                bad("'' as a folder and as something else", TestTar.begin().file(".", "x")),
                bad(
                        "'a' twice, and a hard link",
                        TestTar.begin().file("a", "1").hardLink("b", "a").file("a", "2")),
                bad("symbolic link 'a' that", TestTar.begin().symbolicLink("a", "")),
                bad("unknown type 'M'", TestTar.begin().entry('M', "a", "", 0)),
                bad("is no file and has content", TestTar.begin().entry('5', "a", "", 512)),
                bad("is no file and has content", TestTar.begin().entry('2', "a", "b", 512)),
                bad(
                        "more than 1M of files",
                        TestTar.begin()
                                .entry('0', "a", "", 1 << 20)
                                .content(new byte[1 << 20])
                                .file("b", "x")),
                bad("more than 1M of files", TestTar.begin().entry('0', "a", "", 077777777777L)),
                bad(
                        "belongs to user 4294967295",
                        TestTar.begin().extended("uid", "4294967295").file("a", "")),
                bad(
                        "cut off after 'a'",
                        TestTar.begin().file("a", "").extended("size", "x").file("b", "")),
                bad("holds no files", TestTar.begin()));
    }

    private static Arguments bad(String message, TestTar tar) {
        return Arguments.of(message, tar.finish());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badTars")
    void aTarThatIsNoTreeIsRefused(String message, byte[] tar) throws Exception {
        var refusal = refusal(tar);

        assertThat(refusal.code()).isEqualTo(ErrorCode.IMAGE_INVALID);
        assertThat(refusal).hasMessageContaining(message).hasMessageContaining("bad.tar");
    }

    @Test
    void whatIsNoTarIsRefused() throws Exception {
        byte[] noise = new byte[100_000];
        new Random(1).nextBytes(noise);
        for (byte[] content :
                new byte[][] {
                    {}, "hello".getBytes(StandardCharsets.UTF_8), noise, Arrays.copyOf(noise, 512)
                }) {
            var refusal = refusal(content);
            assertThat(refusal.code()).isEqualTo(ErrorCode.IMAGE_INVALID);
            assertThat(refusal).hasMessageContaining("is no tar file");
        }
    }

    @Test
    void otherCompressionsAreNamed() throws Exception {
        byte[] xz = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 0};
        assertThat(refusal(xz)).hasMessageContaining("'xz -d'");
        byte[] bzip2 = {'B', 'Z', 'h', '9', 0, 0};
        assertThat(refusal(bzip2)).hasMessageContaining("'bzip2 -d'");
        byte[] zstd = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0};
        assertThat(refusal(zstd).code()).isEqualTo(ErrorCode.IMAGE_INVALID);
        byte[] gzip = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3};
        assertThat(refusal(gzip).code()).isEqualTo(ErrorCode.IMAGE_INVALID);
    }

    @Test
    void aTarThatIsCutOffAnywhereIsRefused() throws Exception {
        byte[] whole =
                TestTar.begin()
                        .file("a", "a".repeat(700))
                        .gnuLongName("b".repeat(150))
                        .file("b", "x")
                        .extended("mtime", "1")
                        .file("c", "y".repeat(10))
                        .unfinished();
        for (int length = 0; length <= whole.length; length += 97) {
            var refusal = refusal(Arrays.copyOf(whole, length));
            assertThat(refusal.code()).as("cut at " + length).isEqualTo(ErrorCode.IMAGE_INVALID);
        }
        assertThat(refusal(whole)).hasMessageContaining("without the mark of its end");
    }

    @Test
    void anyDamagedHeaderIsRefusedOrChangesNothing() throws Exception {
        byte[] whole = TestTar.begin().folder("d").file("d/f", "abc").finish();
        var random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(2 * TestTar.BLOCK)] ^= (byte) (1 << random.nextInt(8));
            if (!Arrays.equals(damaged, whole)) {
                assertThat(refusal(damaged).code()).isEqualTo(ErrorCode.IMAGE_INVALID);
            }
        }
    }

    @Test
    void headersWithoutEndAreRefused() throws Exception {
        var nested = TestTar.begin();
        for (int i = 0; i < 5000; i++) {
            nested.gnuLongName("n" + i);
        }
        assertThat(refusal(nested.file("a", "").finish())).hasMessageContaining("is no tar file");

        var huge =
                TestTar.begin()
                        .file("first", "")
                        .entry('L', "long", "", 64 << 20)
                        .content(new byte[64 << 20])
                        .file("a", "");
        assertThat(refusal(huge.finish())).hasMessageContaining("headers of one entry take more");
    }

    @Test
    void tooManyEntriesAreRefused() throws Exception {
        var tar = TestTar.begin();
        for (int i = 0; i <= 1000; i++) {
            tar.file("f" + i, "");
        }
        assertThat(refusal(tar.finish())).hasMessageContaining("more than 1000 entries");
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThat(refusal(temp.resolve("none.tar")).code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
        assertThat(refusal(temp)).hasMessageContaining("is a folder");
        assertThat(refusal(Path.of("/dev/zero"))).hasMessageContaining("is a device");
    }
}
