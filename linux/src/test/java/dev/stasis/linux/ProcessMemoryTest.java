package dev.stasis.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProcessMemoryTest {
    private final ProcessMemory own = new ProcessMemory(ProcessHandle.current().pid());

    @Test
    void whatWasWrittenIsRead() throws Exception {
        try (var arena = Arena.ofConfined()) {
            var bytes = new byte[3_000_000];
            new Random(7).nextBytes(bytes);
            var source = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, source, ValueLayout.JAVA_BYTE, 0, bytes.length);
            var there = arena.allocate(bytes.length);
            var back = arena.allocate(bytes.length);

            own.write(there.address(), source);
            own.read(there.address(), back);

            assertThat(there.mismatch(source)).isEqualTo(-1);
            assertThat(back.mismatch(source)).isEqualTo(-1);
        }
    }

    @Test
    void anAddressThatIsNotMappedIsNamed() {
        try (var arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> own.read(0x1000, arena.allocate(8)))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageContaining("process_vm_readv")
                    .hasMessageContaining("0x1000: EFAULT");
        }
    }

    @Test
    void aProcessThatIsGoneIsNoRefusal() throws Exception {
        var process = new ProcessBuilder("true").start();
        process.waitFor();
        try (var arena = Arena.ofConfined()) {
            assertThatThrownBy(
                            () -> new ProcessMemory(process.pid()).read(0x1000, arena.allocate(8)))
                    .isInstanceOfSatisfying(
                            SystemCallException.class, e -> assertThat(e.isRefused()).isFalse())
                    .hasMessageContaining("ESRCH");
        }
    }

    @Test
    void theUserIsTheOneOfThisProcess() throws Exception {
        assertThat(Users.effectiveUid())
                .isEqualTo(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }
}
