package dev.stasis.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.PullBuilder;
import dev.stasis.PullPolicy;
import dev.stasis.PullSettings;
import dev.stasis.StasisException;
import dev.stasis.image.ImageRecord;
import dev.stasis.store.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What users mean by the name of an image; the registry is never asked.
class ImageFinderTest {
    private static final PullSettings NEVER = new PullBuilder().policy(PullPolicy.NEVER).build();

    @TempDir Path temp;
    private ImageFinder finder;
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void open() {
        var home = Home.open(temp.resolve("home"));
        finder = new ImageFinder(home, new Tools(home));
    }

    private ImageRecord get(String reference) {
        return finder.get(reference, NEVER, told::add);
    }

    private ImageRecord made(String file) throws Exception {
        Files.writeString(temp.resolve("content"), file);
        var tar = temp.resolve(file);
        var process =
                new ProcessBuilder("tar", "-cf", tar.toString(), "-C", temp.toString(), "content")
                        .inheritIO()
                        .start();
        assertThat(process.waitFor()).isZero();
        return get(tar.toString());
    }

    private void notFound(String reference, String message) {
        assertThatThrownBy(() -> get(reference))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND))
                .hasMessageContaining(message);
    }

    @Test
    void anImageIsFoundByItsDigestAndTheBeginningOfIt() throws Exception {
        var image = made("a.tar");
        assertThat(get(image.digest())).isEqualTo(image);
        assertThat(get("sha256:" + image.digest())).isEqualTo(image);
        assertThat(get(image.digest().substring(0, 6))).isEqualTo(image);
        assertThat(finder.digest(image.digest().substring(0, 12))).isEqualTo(image.digest());
        notFound("sha256:" + "0".repeat(12), "no image with the digest");
        notFound("abcdef", "Image abcdef:latest is not on this computer");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/no/such",
                "./no",
                "../no/such",
                "no.tar",
                "no.tar.gz",
                "no.tgz",
                "no.tar.zst"
            })
    void whatIsWrittenLikeAFileIsOne(String reference) {
        notFound(reference, "There is no file " + reference);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no", "tar", "team/app", "host:5000/app.tar:1", "busybox:latest"})
    void everythingElseIsAName(String reference) {
        notFound(reference, "is not on this computer");
    }

    @Test
    void whoMeansAFileByANameLearnsHowToWriteIt() throws Exception {
        var file = Path.of("target", "rootfs");
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, "");
        try {
            notFound(
                    "target/rootfs",
                    "if you mean the file 'target/rootfs', write './target/rootfs'");
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void anImageThatWasRemovedMeanwhileIsNotKept() throws Exception {
        var image = made("a.tar");
        try (var _ = finder.keep(image)) {
            assertThat(finder.store().find(image.digest())).isPresent();
        }
        finder.store().remove(image.digest());
        assertThatThrownBy(() -> finder.keep(image)).hasMessageContaining("removed just now");
        finder.store().freeAll(java.time.Duration.ofSeconds(10)).close();
    }
}
