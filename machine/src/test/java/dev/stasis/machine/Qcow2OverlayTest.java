package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.jr.ob.JSON;

class Qcow2OverlayTest {
    private static final ByteSize SIZE = ByteSize.parse("1G");

    @TempDir Path folder;
    private Path base;

    @BeforeEach
    void makeABase() throws IOException {
        base = folder.resolve("base.qcow2");
        img("create", "-q", "-f", "qcow2", base.toString(), "1G");
        io(base, "write -P 0x61 0 1M");
    }

    @Test
    void qemuFindsNothingWrongWithIt() throws Exception {
        var overlay = overlay("overlay.qcow2", SIZE);
        assertThat(img("check", overlay.toString())).contains("No errors were found");
        var info = info(overlay);
        assertThat(info)
                .containsEntry("format", "qcow2")
                .containsEntry("backing-filename", "base.qcow2")
                .containsEntry("full-backing-filename", base.toString())
                .containsEntry("backing-filename-format", "qcow2")
                .containsEntry("virtual-size", (int) SIZE.bytes())
                .containsEntry("cluster-size", 65536)
                .containsEntry("dirty-flag", false);
        assertThat((Integer) info.get("actual-size")).isLessThan(64 << 10);
    }

    @Test
    void itShowsItsBaseAndKeepsWhatIsWrittenToItself() throws Exception {
        var overlay = overlay("overlay.qcow2", SIZE);
        io(overlay, "read -P 0x61 0 1M");
        io(overlay, "write -P 0x62 512k 2M");
        io(overlay, "write -P 0x63 1000M 24M");
        io(overlay, "read -P 0x61 0 512k");
        io(overlay, "read -P 0x62 512k 2M");
        io(overlay, "read -P 0x63 1000M 24M");
        io(base, "read -P 0 1M 1M");
        assertThat(img("check", overlay.toString())).contains("No errors were found");
    }

    @Test
    void anOverlayOfAnOverlayInAnotherFolderIsFoundByItsRelativeName() throws Exception {
        overlay("one.qcow2", SIZE);
        var other = Files.createDirectory(folder.resolve("other")).resolve("two.qcow2");
        Qcow2Overlay.create(other, "../one.qcow2", SIZE);
        io(other, "read -P 0x61 0 1M");
    }

    @Test
    void largeDisksHaveALargerTable() throws Exception {
        for (var size : List.of("512K", "513M", "4T", "5T", "64T")) {
            var overlay = overlay(size + ".qcow2", ByteSize.parse(size));
            assertThat(img("check", overlay.toString())).contains("No errors were found");
            assertThat(Qcow2Overlay.virtualSize(overlay)).isEqualTo(ByteSize.parse(size));
        }
    }

    @Test
    void theSizeOfADiskIsReadFromItsHeader() throws Exception {
        assertThat(Qcow2Overlay.virtualSize(base)).isEqualTo(SIZE);
        var no = Files.writeString(folder.resolve("no"), "no disk");
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> Qcow2Overlay.virtualSize(no))
                .matches(e -> e.code() == ErrorCode.STORE_DAMAGED)
                .withMessageContaining(no + " is no qcow2 disk");
    }

    @Test
    void nothingIsOverwrittenAndTheFileIsItsOwnersAlone() throws Exception {
        assertThatExceptionOfType(FileAlreadyExistsException.class)
                .isThrownBy(() -> overlay("base.qcow2", SIZE));
        var overlay = overlay("overlay.qcow2", SIZE);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(overlay)))
                .isEqualTo("rw-------");
    }

    @Test
    void whatAHeaderCannotHoldIsRefused() {
        for (var size : List.of("0", "1000", "65T")) {
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> overlay("overlay.qcow2", ByteSize.parse(size)));
        }
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() ->
                        Qcow2Overlay.create(
                                folder.resolve("overlay.qcow2"), "x".repeat(1024), SIZE));
        assertThat(folder.resolve("overlay.qcow2")).doesNotExist();
    }

    private Path overlay(String name, ByteSize size) throws IOException {
        var overlay = folder.resolve(name);
        Qcow2Overlay.create(overlay, "base.qcow2", size);
        return overlay;
    }

    private static Map<String, Object> info(Path file) throws IOException {
        return JSON.std.mapFrom(img("info", "--output=json", file.toString()));
    }

    private static String img(String... arguments) throws IOException {
        return TestTools.run(command("qemu-img", arguments));
    }

    private static void io(Path file, String command) throws IOException {
        assertThat(TestTools.run(command("qemu-io", "-f", "qcow2", "-c", command, "" + file)))
                .doesNotContain("failed")
                .doesNotContain("can't");
    }

    private static List<String> command(String program, String... arguments) {
        return Stream.concat(Stream.of(program), Stream.of(arguments)).toList();
    }
}
