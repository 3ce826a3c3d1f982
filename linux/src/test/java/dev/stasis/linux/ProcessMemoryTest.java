package dev.stasis.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.linux.ProcessMemory.Piece;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

            own.write(there.address(), List.of(new Piece(0, source)));
            own.read(there.address(), back);

            assertThat(there.mismatch(source)).isEqualTo(-1);
            assertThat(back.mismatch(source)).isEqualTo(-1);
        }
    }

    @Test
    void morePiecesThanTheKernelTakesAtOnceAllCome() throws Exception {
        int count = 2500;
        try (var arena = Arena.ofConfined()) {
            var source = arena.allocate(count);
            var there = arena.allocate(2L * count);
            var pieces = new ArrayList<Piece>();
            for (int i = 0; i < count; i++) {
                source.set(ValueLayout.JAVA_BYTE, i, (byte) (i % 100 + 1));
                pieces.add(new Piece(2L * i, source.asSlice(i, 1)));
            }

            own.write(there.address(), pieces);

            for (int i = 0; i < count; i++) {
                assertThat(there.get(ValueLayout.JAVA_BYTE, 2L * i))
                        .isEqualTo((byte) (i % 100 + 1));
                assertThat(there.get(ValueLayout.JAVA_BYTE, 2L * i + 1)).isZero();
            }
        }
    }

    @Test
    void ofManyPiecesTheOneThatCannotBeWrittenIsNamed() {
        try (var arena = Arena.ofConfined()) {
            var there = arena.allocate(8);
            var source = arena.allocate(8);
            var pieces = List.of(new Piece(there.address(), source), new Piece(0x2000, source));

            assertThatThrownBy(() -> own.write(0, pieces))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageContaining("process_vm_writev")
                    .hasMessageContaining("0x2000: EFAULT");
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
