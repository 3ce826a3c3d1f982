package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Layers that QEMU's own tools wrote, and read.
class Qcow2TravelTest {
    @TempDir Path folder;

    @Test
    void aLayerThatStandsAloneShowsWhatItDidAndNeedsNoOtherFile() throws Exception {
        Files.createDirectories(folder.resolve("boot"));
        Files.createDirectories(folder.resolve("a/b"));
        img("create", "-q", "-f", "qcow2", "boot/blank.qcow2", "64M");
        io("boot/blank.qcow2", "write -P 0x11 0 8M");
        img(
                "create",
                "-q",
                "-f",
                "qcow2",
                "-F",
                "qcow2",
                "-b",
                "../../boot/blank.qcow2",
                "a/b/l.qcow2",
                "96M");
        io("a/b/l.qcow2", "write -P 0x22 4M 8M");
        var layer = folder.resolve("a/b/l.qcow2");
        assertThat(Qcow2Travel.beneath(layer)).isEqualTo("../../boot/blank.qcow2");
        img("convert", "-O", "raw", "a/b/l.qcow2", "expected");

        var alone = folder.resolve("alone.qcow2");
        assertThat(Qcow2Travel.writeAlone(layer, alone)).isTrue();
        Files.delete(folder.resolve("boot/blank.qcow2"));
        img("check", "-q", "alone.qcow2");
        img("compare", "-q", "alone.qcow2", "expected");
        assertThat(Qcow2Travel.beneath(alone)).isEmpty();
        assertThat(Qcow2Travel.writeAlone(alone, folder.resolve("again"))).isFalse();
        assertThat(folder.resolve("again")).doesNotExist();
    }

    @Test
    void aDiskWhoseContentIsInAnotherFileIsRefused() throws Exception {
        img("create", "-q", "-f", "qcow2", "-o", "data_file=elsewhere.raw", "l.qcow2", "64M");
        assertThatThrownBy(() -> Qcow2Travel.beneath(folder.resolve("l.qcow2")))
                .isInstanceOf(StasisException.class);
    }

    private void img(String... words) throws IOException, InterruptedException {
        run("qemu-img", words);
    }

    private void io(String file, String command) throws IOException, InterruptedException {
        run("qemu-io", "-f", "qcow2", "-c", command, file);
    }

    private void run(String program, String... words) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(program));
        command.addAll(List.of(words));
        var output = Files.createTempFile(folder, "run", ".out");
        var process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        assertThat(process.waitFor()).as(command + ": " + Files.readString(output)).isZero();
    }
}
