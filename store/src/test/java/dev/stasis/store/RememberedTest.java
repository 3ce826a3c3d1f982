package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class RememberedTest {
    private final Remembered remembered = new Remembered();
    private int readings;

    @TempDir(factory = QuickFolder.class)
    Path temp;

    private String read(Path file) throws IOException {
        return remembered.read(
                file,
                String.class,
                () -> {
                    readings++;
                    return Files.readString(file);
                });
    }

    /// A file is changed faster than a file system's clock goes on, always to the same length, and
    /// with its old time.
    @Test
    void noChangeIsMissed() throws Exception {
        Path file = Files.writeString(temp.resolve("file"), "0000");
        var time = Files.getLastModifiedTime(file);
        for (int i = 1; i < 3000; i++) {
            String text = "%04d".formatted(i);
            switch (i % 3) {
                case 0 -> Files.writeString(file, text);
                case 1 -> {
                    Files.writeString(file, text);
                    Files.setLastModifiedTime(file, time);
                }
                default -> {
                    Path other = Files.writeString(temp.resolve("other"), text);
                    Files.setLastModifiedTime(other, time);
                    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            assertThat(read(file)).isEqualTo(text);
            if (i % 100 == 0) {
                awaitRemembered(file);
            }
        }
        assertThat(readings).isGreaterThanOrEqualTo(3000);
    }

    @Test
    void aFileThatLooksTheSameIsNotReadAgain() throws Exception {
        Path file = Files.writeString(temp.resolve("file"), "text");
        awaitRemembered(file);
        int before = readings;
        assertThat(read(file)).isEqualTo("text");
        assertThat(readings).isEqualTo(before);

        Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        assertThat(read(file)).isEqualTo("text");
        assertThat(readings).isEqualTo(before + 1);
    }

    @Test
    void aFileThatIsGoneIsForgotten() throws Exception {
        Path file = Files.writeString(temp.resolve("file"), "text");
        awaitRemembered(file);
        Files.delete(file);
        assertThatThrownBy(() -> read(file)).isInstanceOf(NoSuchFileException.class);
    }

    /// Reads a file as it is until it need not be read any more.
    private void awaitRemembered(Path file) throws Exception {
        Look.at(file).awaitLasting();
        String text = Files.readString(file);
        int before;
        do {
            before = readings;
            assertThat(read(file)).isEqualTo(text);
        } while (readings > before);
    }
}
