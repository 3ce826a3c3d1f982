package dev.stasis.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Random histories of captures, forks, forgotten images and folds, against what the memory was.
class RamHistoryTest {
    private static final int PAGES = 6000;
    private static final ByteSize SIZE = new ByteSize((long) PAGES * Pages.SIZE);
    private static final int STEPS = 40;

    @TempDir Path folder;
    private int files;

    /// A machine, and the images that its next one may be told from.
    private static final class Line {
        final FakeMemory memory = new FakeMemory(PAGES);
        final List<Taken> bases = new ArrayList<>();
    }

    /// An image, and what it has to hold.
    private static final class Taken {
        final byte[] expected;
        RamImage image;

        Taken(byte[] expected, RamImage image) {
            this.expected = expected;
            this.image = image;
        }
    }

    @Test
    void everyImageHoldsItsMemoryWhateverIsForkedFromItOrFoldedBeneathIt() throws Exception {
        for (long seed = 1; seed <= 12; seed++) {
            var history = new History(new Random(seed));
            for (int step = 0; step < STEPS; step++) {
                history.step();
            }
            history.check("seed " + seed);
        }
    }

    @Test
    void aFoldOfDeltasHoldsEachPageOnce() throws Exception {
        var line = new Line();
        RamImage image = capture(line.memory, null);
        for (int i = 1; i <= 10; i++) {
            Arrays.fill(line.memory.bytes, 0, 100 * Pages.SIZE, (byte) i);
            line.memory.written.set(0, 100);
            image = capture(line.memory, image);
        }
        try (var fold = RamFold.open(image, 10)) {
            assertThat(fold.isFlat()).isFalse();
            assertThat(fold.bytes()).isEqualTo(Pages.offset(100));
            assertThat(fold.bytesBefore()).isGreaterThan(10 * Pages.offset(100));
        }
        try (var fold = RamFold.open(image, 11)) {
            assertThat(fold.isFlat()).isTrue();
            assertThat(fold.bytes()).isEqualTo(Pages.offset(100));
        }
    }

    private final class History {
        private final Random random;
        private final List<Line> lines = new ArrayList<>(List.of(new Line()));
        private final List<Taken> taken = new ArrayList<>();

        History(Random random) {
            this.random = random;
        }

        void step() throws IOException {
            var line = lines.get(random.nextInt(lines.size()));
            switch (random.nextInt(8)) {
                case 0 -> fork();
                case 1 -> fold();
                default -> snapshot(line);
            }
        }

        private void snapshot(Line line) throws IOException {
            boolean much = random.nextInt(10) == 0;
            line.memory.scribble(random, much ? 40 : 4, much ? 400 : 30);
            // Any image that was captured from this machine will do, and what it was restored from.
            var base =
                    line.bases.isEmpty()
                            ? null
                            : line.bases.get(
                                    Math.max(0, line.bases.size() - 1 - random.nextInt(3)));
            var image = capture(line.memory, base == null ? null : base.image);
            var next = new Taken(line.memory.bytes.clone(), image);
            line.bases.add(next);
            taken.add(next);
        }

        /// A machine that maps what an image holds: it has written nothing.
        private void fork() {
            if (!taken.isEmpty()) {
                var from = taken.get(random.nextInt(taken.size()));
                var line = new Line();
                System.arraycopy(from.expected, 0, line.memory.bytes, 0, from.expected.length);
                line.bases.add(from);
                lines.add(line);
            }
        }

        private void fold() throws IOException {
            if (!taken.isEmpty()) {
                var one = taken.get(random.nextInt(taken.size()));
                one.image = folded(one.image, 2 + random.nextInt(6));
            }
        }

        void check(String seed) throws IOException {
            for (int i = 0; i < taken.size(); i++) {
                var one = taken.get(i);
                assertThat(Arrays.equals(content(one.image), one.expected))
                        .as(seed + ", image " + i + ": " + one.image)
                        .isTrue();
            }
        }
    }

    private RamImage folded(RamImage image, int layers) throws IOException {
        var target = folder.resolve("fold" + files++);
        try (var fold = RamFold.open(image, layers)) {
            fold.writeTo(target);
            if (fold.isFlat()) {
                return new RamImage.Flat(target, SIZE);
            }
            var deltas = image.deltas();
            var last = deltas.get(Math.min(layers, deltas.size()) - 1);
            return new RamImage.Delta(target, last.base());
        }
    }

    private byte[] content(RamImage image) throws IOException {
        var file = folder.resolve("content" + files++);
        try (var fold = RamFold.open(image, Integer.MAX_VALUE)) {
            fold.writeTo(file);
            return Files.readAllBytes(file);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private RamImage capture(FakeMemory memory, @Nullable RamImage base) throws IOException {
        var into = Files.createDirectory(folder.resolve("c" + files++));
        try (var reference = base == null ? null : RamReference.open(base)) {
            return new RamCapture(memory, MemoryBlock.ram(SIZE), into, false).write(reference);
        }
    }
}
