package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.bench.QemuArguments.Memory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.jr.ob.JSON;

class QemuArgumentsTest {
    private static final QemuArguments ARGUMENTS =
            new QemuArguments(
                    List.of(
                            "qemu",
                            "-sandbox",
                            "on,spawn=deny",
                            "-object",
                            "{\"qom-type\":\"memory-backend-file\",\"id\":\"ram\",\"size\":4096,\"share\":false,\"mem-path\":\"/ram.img\",\"readonly\":true}",
                            "-chardev",
                            "socket,id=qmp,fd=5,server=on,wait=off",
                            "-chardev",
                            "file,id=console,path=/dev/fd/11",
                            "-blockdev",
                            "{\"file\":{\"filename\":\"/home/old/disk.qcow2\"}}",
                            "-S",
                            "-incoming",
                            "defer"),
                    Path.of("/run/old"),
                    Path.of("/home/old/disk.qcow2"));
    private static final Path RUN = Path.of("/run/new");
    private static final Path DISK = Path.of("/new.qcow2");

    @Test
    void theSameMachineIsStartedElsewhere() {
        assertThat(ARGUMENTS.waiting(new Memory.Anonymous(), RUN, DISK))
                .containsSubsequence(
                        "qemu",
                        "-chardev",
                        "socket,id=qmp,path=/run/new/qmp,server=on,wait=off",
                        "-chardev",
                        "file,id=console,path=/run/new/log.11",
                        "-blockdev",
                        "{\"file\":{\"filename\":\"/new.qcow2\"}}",
                        "-S",
                        "-incoming",
                        "defer")
                .doesNotContain("-sandbox");
    }

    @Test
    void aMachineThatIsGivenItsStateByOptionsWaitsForNone() {
        assertThat(ARGUMENTS.resume(new Memory.Anonymous(), RUN, DISK, "-loadvm", "base"))
                .endsWith("-loadvm", "base")
                .doesNotContain("-S", "-incoming");
    }

    @Test
    void itsMemoryLiesWhereItIsWanted() {
        assertThat(memory(new Memory.Anonymous()))
                .isEqualTo(
                        Map.of(
                                "qom-type",
                                "memory-backend-ram",
                                "id",
                                "ram",
                                "size",
                                4096,
                                "share",
                                false));
        assertThat(memory(new Memory.PrivateFile(Path.of("/a"))))
                .containsEntry("mem-path", "/a")
                .containsEntry("share", false);
        assertThat(memory(new Memory.SharedFile(Path.of("/b"))))
                .containsEntry("mem-path", "/b")
                .containsEntry("share", true);
    }

    private static Map<String, Object> memory(Memory memory) {
        var command = ARGUMENTS.waiting(memory, RUN, DISK);
        return JSON.std.mapFrom(command.get(command.indexOf("-object") + 1));
    }

    @Test
    void theImageOfItsMemoryIsKnown() throws IOException {
        assertThat(ARGUMENTS.image()).isEqualTo(Path.of("/ram.img"));
    }
}
