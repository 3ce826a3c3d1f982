package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class QemuArgumentsTest {
    private static final Path RUN = Path.of("/run/old");
    private static final Path DISK = Path.of("/home/old/disk.qcow2");
    private static final QemuArguments ARGUMENTS =
            new QemuArguments(
                    List.of(
                            "qemu",
                            "-sandbox",
                            "on,spawn=deny",
                            "-chardev",
                            "socket,id=qmp,fd=5,server=on,wait=off",
                            "-chardev",
                            "file,id=console,path=/dev/fd/11",
                            "-chardev",
                            "socket,id=lane0,path=/run/old/lane.0,server=on,wait=off",
                            "-blockdev",
                            "{\"file\":{\"filename\":\"/home/old/disk.qcow2\"}}",
                            "-kernel",
                            "/boot/vmlinux",
                            "-initrd",
                            "/boot/initrd",
                            "-append",
                            "quiet"),
                    RUN,
                    DISK);

    @Test
    void theSameMachineIsStartedElsewhere() {
        assertThat(ARGUMENTS.boot(Path.of("/run/new"), Path.of("/new.qcow2")))
                .containsExactly(
                        "qemu",
                        "-chardev",
                        "socket,id=qmp,path=/run/new/qmp,server=on,wait=off",
                        "-chardev",
                        "file,id=console,path=/run/new/log.11",
                        "-chardev",
                        "socket,id=lane0,path=/run/new/lane.0,server=on,wait=off",
                        "-blockdev",
                        "{\"file\":{\"filename\":\"/new.qcow2\"}}",
                        "-kernel",
                        "/boot/vmlinux",
                        "-initrd",
                        "/boot/initrd",
                        "-append",
                        "quiet");
    }

    @Test
    void aMachineThatGetsItsStateElsewhereNeedsNoKernel() {
        assertThat(ARGUMENTS.resume(RUN, DISK, "-loadvm", "base"))
                .endsWith("-loadvm", "base")
                .doesNotContain("-kernel", "-initrd", "-append", "quiet");
    }
}
