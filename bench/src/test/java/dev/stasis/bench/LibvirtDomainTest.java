package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LibvirtDomainTest {
    private static final QemuArguments ARGUMENTS =
            new QemuArguments(
                    List.of(
                            "/usr/bin/qemu",
                            "-name",
                            "stasis-a",
                            "-machine",
                            "pc-q35-7.2,usb=off",
                            "-accel",
                            "tcg,tb-size=64",
                            "-smp",
                            "cpus=8,sockets=1",
                            "-object",
                            "{\"qom-type\":\"memory-backend-file\",\"id\":\"ram\",\"size\":4096,\"mem-path\":\"/ram.img\"}",
                            "-S",
                            "-incoming",
                            "defer"),
                    Path.of("/run/old"),
                    Path.of("/old.qcow2"));
    private static final LibvirtDomain DOMAIN =
            new LibvirtDomain(
                    new Original(
                            Subject.MAIN,
                            ARGUMENTS,
                            Path.of("/ram.img"),
                            Path.of("/devices"),
                            Path.of("/disk.qcow2")),
                    Path.of("/run/new"),
                    Path.of("/new.qcow2"));

    @Test
    void itIsTheMachineOfTheSnapshotInLibvirtsWords() throws IOException {
        assertThat(DOMAIN.resumed())
                .contains(
                        "<domain type=\"qemu\"",
                        "<memory unit=\"MiB\">1024</memory>",
                        "<vcpu>8</vcpu>",
                        "<type machine=\"pc-q35-7.2\">",
                        "<tb-cache unit=\"MiB\">64</tb-cache>",
                        "<emulator>/usr/bin/qemu</emulator>",
                        "<qemu:arg value=\"pc-q35-7.2,usb=off\"/>",
                        "&quot;memory-backend-ram&quot;")
                .doesNotContain("stasis-a", "\"-S\"", "-incoming", "/ram.img");
    }

    @Test
    void atFirstItMapsTheMemoryOfTheSnapshotAndWaitsForItsDevices() throws IOException {
        assertThat(DOMAIN.first())
                .contains(
                        "&quot;/ram.img&quot;",
                        "<qemu:arg value=\"-incoming\"/>\n    <qemu:arg value=\"defer\"/>");
    }
}
