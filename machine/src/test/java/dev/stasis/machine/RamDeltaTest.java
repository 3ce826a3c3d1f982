package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RamDeltaTest {
    private static final int PAGES = 2000;
    private static final ByteSize SIZE = new ByteSize((long) PAGES * Pages.SIZE);
    private static final List<PageRun> RUNS =
            List.of(
                    new PageRun(3, 2, PageRun.Kind.DATA),
                    new PageRun(5, 1, PageRun.Kind.ZERO),
                    new PageRun(100, 4, PageRun.Kind.DATA));

    @TempDir Path folder;
    private Path file;
    private final FakeMemory memory = new FakeMemory(PAGES);

    @BeforeEach
    void fillTheMemory() {
        file = folder.resolve("delta");
        new Random(1).nextBytes(memory.bytes);
    }

    @Test
    void everyPageComesBackWhereItWas() throws Exception {
        var random = new Random(42);
        for (int round = 0; round < 30; round++) {
            var data = new BitSet();
            var zero = new BitSet();
            for (int i = 0; i < random.nextInt(20); i++) {
                (random.nextBoolean() ? data : zero).set(random.nextInt(PAGES));
                int first = random.nextInt(PAGES - 600);
                data.set(first, first + random.nextInt(600));
            }
            zero.andNot(data);
            write(PageRun.of(data, zero));

            var expected = new byte[memory.bytes.length];
            Arrays.fill(expected, (byte) 0x55);
            var restored = expected.clone();
            data.stream().forEach(page -> copyPage(memory.bytes, expected, page));
            zero.stream().forEach(page -> copyPage(new byte[memory.bytes.length], expected, page));
            try (var overlay = RamOverlay.open(List.of(delta()))) {
                overlay.apply(new BitSet(), (offset, bytes) -> put(restored, offset, bytes));
            }
            assertThat(Arrays.equals(restored, expected)).as("round " + round).isTrue();
        }
    }

    @Test
    void aDeltaWithoutAPageIsFine() throws Exception {
        write(List.of());
        try (var overlay = RamOverlay.open(List.of(delta()))) {
            assertThat(overlay.runs()).isEmpty();
            assertThat(overlay.dataBytes()).isZero();
            overlay.apply(new BitSet(), (offset, _) -> assertThat(offset).isNegative());
        }
    }

    @Test
    void runsOfTwoKindsAreInOrderAndDoNotOverlap() {
        var data = new BitSet();
        data.set(1, 4);
        data.set(9);
        var zero = new BitSet();
        zero.set(4, 6);
        zero.set(0);
        assertThat(PageRun.of(data, zero))
                .containsExactly(
                        new PageRun(0, 1, PageRun.Kind.ZERO),
                        new PageRun(1, 3, PageRun.Kind.DATA),
                        new PageRun(4, 2, PageRun.Kind.ZERO),
                        new PageRun(9, 1, PageRun.Kind.DATA));
    }

    @Test
    void anyChangedBitOfTheHeadIsFound() throws Exception {
        write(RUNS);
        var whole = Files.readAllBytes(file);
        for (int bit = 0; bit < (32 + 12 * RUNS.size()) * 8; bit++) {
            var damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, damaged);
            refused("bit " + bit);
        }
    }

    @Test
    void anyOtherLengthIsFound() throws Exception {
        write(RUNS);
        var whole = Files.readAllBytes(file);
        var random = new Random(3);
        for (int i = 0; i < 200; i++) {
            int length = i < 80 ? i : random.nextInt(whole.length);
            Files.write(file, Arrays.copyOf(whole, length));
            refused("length " + length);
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        refused("one byte more");
    }

    @Test
    void runsThatNoWriterMakesAreRefusedThoughTheChecksumFits() throws Exception {
        for (var runs :
                new int[][] {
                    {5, 2, 1, 6, 1, 1}, // overlapping
                    {9, 1, 1, 3, 1, 1}, // out of order
                    {3, 0, 1, 9, 1, 1}, // empty
                    {PAGES - 1, 2, 1, 0, 0, 0}, // beyond the RAM
                    {3, 1, 2, 9, 1, 1}, // of no known kind
                    {-1, 1, 0, 9, 1, 1}, // beyond any RAM
                    {0, -1, 0, 9, 1, 1}
                }) {
            Files.write(file, forged(2, runs));
            refused(Arrays.toString(runs));
        }
        Files.write(file, forged(Integer.MAX_VALUE, new int[0]));
        refused("a number of runs that needs more than there is");
        Files.write(file, forged(-1, new int[0]));
        refused("a negative number of runs");
    }

    @Test
    void aDeltaForAnotherSizeIsRefused() throws Exception {
        write(RUNS);
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> RamDelta.open(file, new ByteSize(SIZE.bytes() * 2)))
                .withMessageContaining("it is for " + SIZE.bytes() + " bytes of RAM");
    }

    private RamImage.Delta delta() {
        return new RamImage.Delta(file, new RamImage.Flat(folder.resolve("base"), SIZE));
    }

    private void refused(String why) {
        assertThatExceptionOfType(StasisException.class)
                .as(why)
                .isThrownBy(() -> RamDelta.open(file, SIZE).close())
                .matches(e -> e.code() == ErrorCode.STORE_DAMAGED)
                .withMessageContaining(file + " is no RAM delta: ");
    }

    private void write(List<PageRun> runs) throws IOException {
        Files.deleteIfExists(file);
        try (var channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            RamDelta.write(channel, SIZE, runs, memory::read);
        }
    }

    private static byte[] forged(int count, int[] runs) {
        var bytes = ByteBuffer.allocate(Pages.SIZE * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0x4452_5349_5341_5453L).putInt(1).putInt(Pages.SIZE).putLong(SIZE.bytes());
        bytes.putInt(count).putInt(0);
        for (int value : runs) {
            bytes.putInt(value);
        }
        var checksum = new CRC32C();
        checksum.update(bytes.array(), 0, 28);
        checksum.update(bytes.array(), 32, runs.length * Integer.BYTES);
        bytes.putInt(28, (int) checksum.getValue());
        return bytes.array();
    }

    private static void copyPage(byte[] from, byte[] to, int page) {
        System.arraycopy(from, page * Pages.SIZE, to, page * Pages.SIZE, Pages.SIZE);
    }

    private static void put(byte[] to, long offset, MemorySegment bytes) {
        MemorySegment.copy(
                bytes, ValueLayout.JAVA_BYTE, 0, to, (int) offset, (int) bytes.byteSize());
    }
}
