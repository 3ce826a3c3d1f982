package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ByteSize;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RamCaptureTest {
    private static final int PAGES = 20_000;
    private static final ByteSize SIZE = new ByteSize((long) PAGES * Pages.SIZE);
    private static final MemoryBlock BLOCK = MemoryBlock.ram(SIZE);

    @TempDir Path folder;
    private final FakeMemory memory = new FakeMemory(PAGES);
    private int captures;

    @Test
    void anyNumberOfCapturesEachHoldTheMemoryAsItWas() throws Exception {
        for (int seed = 0; seed < 3; seed++) {
            var random = new Random(seed);
            @Nullable RamImage image = null;
            for (int round = 0; round < 5; round++) {
                boolean much = random.nextInt(3) == 0;
                memory.scribble(random, much ? 60 : 6, much ? 400 : 40);
                image = capture(image, false);
                holdsTheMemory(image);
            }
            memory.written.clear();
            Arrays.fill(memory.bytes, (byte) 0);
        }
    }

    @Test
    void aMachineThatMapsTheFlattenedDeltaIsToldFromTheDelta() throws Exception {
        var random = new Random(5);
        memory.scribble(random, 20, 200);
        var flat = capture(null, false);
        memory.scribble(random, 10, 20);
        var delta = capture(flat, false);
        assertThat(delta).isInstanceOf(RamImage.Delta.class);
        memory.written.clear(); // a machine restored from the delta has written nothing yet
        memory.scribble(random, 2, 5);

        holdsTheMemory(capture(delta, false));
    }

    @Test
    void aCaptureHoldsOnlyWhatChangedSinceTheOneBefore() throws Exception {
        fill(0, 5000, 1);
        var image = capture(null, false);
        for (int i = 0; i < 20; i++) {
            fill(100 * i, 50, 2 + i);
            image = capture(image, false);
            try (var delta = RamDelta.open(((RamImage.Delta) image).file(), SIZE)) {
                assertThat(delta.runs())
                        .containsExactly(new PageRun(100 * i, 50, PageRun.Kind.DATA));
            }
        }
        assertThat(image.deltas()).hasSize(20);
        holdsTheMemory(image);
    }

    @Test
    void zeroPagesAreHoles() throws Exception {
        memory.written.set(0, PAGES);
        var image = (RamImage.Flat) capture(null, false);
        assertThat(SparseFiles.dataRanges(image.file())).isEmpty();
        assertThat(image.file()).hasSize(SIZE.bytes());
    }

    @Test
    void zeroPagesAmongManyOthersAreHolesThatTakeNoSpace() throws Exception {
        fill(100, 9000, 1);
        for (int page : new int[] {400, 1023, 1024, 2100, 5000}) {
            fill(page, 90, 0);
        }
        var image = (RamImage.Flat) capture(null, false);

        holdsTheMemory(image);
        long pages = 9000 - 4 * 90 - 1; // two of the runs overlap
        assertThat(SparseFiles.dataBytes(image.file())).isEqualTo(Pages.offset(pages));
        assertThat(space(image.file())).isLessThan(Pages.offset(pages + 90));
    }

    @Test
    void pagesThatWereWrittenWithWhatTheyHeldAreNotStored() throws Exception {
        memory.scribble(new Random(6), 20, 200);
        var first = capture(null, false);
        memory.written.set(0, PAGES);
        var second = (RamImage.Delta) capture(first, false);
        try (var delta = RamDelta.open(second.file(), SIZE)) {
            assertThat(delta.runs()).isEmpty();
        }
    }

    @Test
    void aDeltaIsSmallOrHalfOfItsBase() throws Exception {
        fill(0, 4096 + 100, 1);
        var base = capture(null, false);
        fill(0, 4096, 2);
        assertThat(capture(base, false)).isInstanceOf(RamImage.Delta.class);
        fill(4096, 1, 2);
        assertThat(capture(base, false)).isInstanceOf(RamImage.Flat.class);

        fill(0, PAGES, 3);
        var large = capture(null, false);
        fill(0, PAGES / 2, 4);
        assertThat(capture(large, false)).isInstanceOf(RamImage.Delta.class);
        fill(PAGES / 2, 1, 4);
        var flat = capture(large, false);
        assertThat(flat).isInstanceOf(RamImage.Flat.class);
        holdsTheMemory(flat);
    }

    @Test
    void anImageIsReadOnlyWhereQemuCanMapItSo() throws Exception {
        assertThat(mode(capture(null, true))).isEqualTo("r--------");
        assertThat(mode(capture(null, false))).isEqualTo("rw-------");
    }

    @Test
    void aFailureLeavesNoFile() throws Exception {
        memory.scribble(new Random(7), 20, 200);
        var base = (RamImage.Flat) capture(null, false);
        fill(0, 10, 1);
        for (@Nullable RamImage of : new @Nullable RamImage[] {null, base}) {
            for (int after : new int[] {0, 1, 2, 5}) {
                var into = Files.createDirectory(folder.resolve("failed" + captures++));
                var failing = new Failing(memory, after);
                try (var reference = of == null ? null : RamReference.open(of)) {
                    assertThatThrownBy(() ->
                                    new RamCapture(failing, BLOCK, into, false).write(reference))
                            .isInstanceOf(IOException.class)
                            .hasMessage("the machine is gone");
                }
                assertThat(into).isEmptyDirectory();
            }
        }
    }

    private RamImage capture(@Nullable RamImage base, boolean readOnly) throws IOException {
        var into = Files.createDirectory(folder.resolve("c" + captures++));
        try (var reference = base == null ? null : RamReference.open(base)) {
            return new RamCapture(memory, BLOCK, into, readOnly).write(reference);
        }
    }

    private void fill(int first, int pages, int value) {
        Arrays.fill(memory.bytes, first * Pages.SIZE, (first + pages) * Pages.SIZE, (byte) value);
        memory.written.set(first, first + pages);
    }

    private void holdsTheMemory(RamImage image) throws IOException {
        var flat = folder.resolve("flat" + captures++);
        var file =
                switch (image) {
                    case RamImage.Flat whole -> whole.file();
                    case RamImage.Delta delta -> delta.flattenTo(flat).file();
                };
        assertThat(Arrays.equals(Files.readAllBytes(file), memory.bytes))
                .as(image.toString())
                .isTrue();
        Files.deleteIfExists(flat);
    }

    /// What Java does not say: how much of its disk a file takes, in bytes.
    private static long space(Path file) throws IOException {
        var stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        var blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        return 512 * Long.parseLong(blocks.strip());
    }

    private static String mode(RamImage image) throws IOException {
        var file = ((RamImage.Flat) image).file();
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    /// Memory that can be read some times only.
    private static final class Failing implements GuestMemory {
        private final FakeMemory memory;
        private int left;

        Failing(FakeMemory memory, int left) {
            this.memory = memory;
            this.left = left;
        }

        @Override
        public BitSet written() {
            return memory.written();
        }

        @Override
        public synchronized void read(long offset, MemorySegment target) throws IOException {
            if (left-- <= 0) {
                throw new IOException("the machine is gone");
            }
            memory.read(offset, target);
        }

        @Override
        public void close() {}
    }
}
