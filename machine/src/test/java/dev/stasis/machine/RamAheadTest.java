package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ByteSize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Memory that changes while a part of it is captured already.
class RamAheadTest {
    private static final int PAGES = 20_000;
    private static final ByteSize SIZE = new ByteSize((long) PAGES * Pages.SIZE);
    private static final MemoryBlock BLOCK = MemoryBlock.ram(SIZE);

    @TempDir Path folder;
    private final FakeMemory memory = new FakeMemory(PAGES);
    private int captures;

    @Test
    void whatIsWrittenBeforeTheMachineStandsStillIsCapturedToo() throws Exception {
        for (int seed = 0; seed < 4; seed++) {
            var random = new Random(seed);
            @Nullable RamImage image = null;
            boolean known = false;
            for (int round = 0; round < 6; round++) {
                boolean much = random.nextInt(3) == 0;
                memory.scribble(random, much ? 60 : 6, much ? 400 : 40);
                image = capture(image, known, random);
                holdsTheMemory(image);
                known = random.nextInt(4) > 0; // else the capture before was given up
            }
            memory.written.clear();
            memory.sinceTaken.clear();
            Arrays.fill(memory.bytes, (byte) 0);
        }
    }

    @Test
    void onlyWhatWasWrittenSinceIsReadWhenThatIsKnown() throws Exception {
        memory.scribble(new Random(1), 40, 200);
        var first = capture(null, false, new Random(1));
        memory.written.set(0, PAGES);
        Arrays.fill(memory.bytes, 5 * Pages.SIZE, 8 * Pages.SIZE, (byte) 7);
        memory.sinceTaken.set(5, 9);
        var counting = new Counting(memory);
        var into = Files.createDirectory(folder.resolve("counted"));
        try (var base = RamReference.open(first);
                var ahead = new RamAhead(counting, BLOCK, into, false)) {
            ahead.begin(base, RamAhead.Noted.SINCE_BASE);
            var image = (RamImage.Delta) ahead.finish();
            try (var delta = RamDelta.open(image.file(), SIZE)) {
                assertThat(delta.runs()).containsExactly(new PageRun(5, 3, PageRun.Kind.DATA));
            }
        }
        assertThat(counting.pages).isLessThanOrEqualTo(4 + 3); // compared, then stored
    }

    @Test
    void aCaptureThatIsGivenUpLeavesNothing() throws Exception {
        memory.scribble(new Random(2), 40, 200);
        var into = Files.createDirectory(folder.resolve("given-up"));
        try (var ahead = new RamAhead(memory, BLOCK, into, false)) {
            ahead.begin(null, RamAhead.Noted.OTHERWISE);
            assertThat(into).isNotEmptyDirectory();
        }
        assertThat(into).isEmptyDirectory();

        var failing =
                new Counting(memory) {
                    @Override
                    public synchronized void read(long offset, MemorySegment target)
                            throws IOException {
                        throw new IOException("the machine is gone");
                    }
                };
        try (var ahead = new RamAhead(failing, BLOCK, into, false)) {
            assertThatThrownBy(() -> ahead.begin(null, RamAhead.Noted.OTHERWISE))
                    .hasMessage("the machine is gone");
        }
        assertThat(into).isEmptyDirectory();
    }

    private RamImage capture(@Nullable RamImage base, boolean known, Random random)
            throws IOException {
        var into = Files.createDirectory(folder.resolve("c" + captures++));
        try (var reference = base == null ? null : RamReference.open(base);
                var running = new Changing(memory, random);
                var ahead = new RamAhead(running, BLOCK, into, false)) {
            ahead.begin(reference, known ? RamAhead.Noted.SINCE_BASE : RamAhead.Noted.OTHERWISE);
            memory.scribble(random, 3, random.nextInt(2) == 0 ? 10 : 600);
            running.stop();
            return ahead.finish();
        }
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

    /// Memory of a machine that runs: it changes whenever it is looked at what it has written.
    private static final class Changing extends Counting {
        private final Random random;
        private int changes = 8;

        Changing(FakeMemory memory, Random random) {
            super(memory);
            this.random = random;
        }

        void stop() {
            changes = 0;
        }

        @Override
        public BitSet takeWritten() {
            var taken = super.takeWritten();
            if (changes-- > 0 && random.nextInt(3) > 0) {
                memory.scribble(random, 2, random.nextInt(2) == 0 ? 20 : 900);
            }
            return taken;
        }
    }

    /// Memory that counts what is read of it.
    private static class Counting implements TrackedMemory {
        final FakeMemory memory;
        long pages;

        Counting(FakeMemory memory) {
            this.memory = memory;
        }

        @Override
        public BitSet takeWritten() {
            return memory.takeWritten();
        }

        @Override
        public BitSet written() {
            return memory.written();
        }

        @Override
        public synchronized void read(long offset, MemorySegment target) throws IOException {
            pages += target.byteSize() / Pages.SIZE;
            memory.read(offset, target);
        }

        @Override
        public void close() {}
    }
}
