package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;

/// RAM in an array, which a test may change.
final class FakeMemory implements TrackedMemory {
    final byte[] bytes;
    final BitSet written = new BitSet();

    /// Since what is written was last taken.
    final BitSet sinceTaken = new BitSet();

    FakeMemory(int pages) {
        bytes = new byte[pages * Pages.SIZE];
    }

    /// Fills random pages with random bytes, equal bytes or zeros.
    void scribble(Random random, int runs, int longest) {
        int pages = bytes.length / Pages.SIZE;
        for (int i = 0; i < runs; i++) {
            int first = random.nextInt(pages);
            int end = Math.min(pages, first + 1 + random.nextInt(longest));
            for (int page = first; page < end; page++) {
                write(page, random);
            }
        }
    }

    private void write(int page, Random random) {
        int from = page * Pages.SIZE;
        switch (random.nextInt(4)) {
            case 0 -> Arrays.fill(bytes, from, from + Pages.SIZE, (byte) 0);
            case 1 -> bytes[from + random.nextInt(Pages.SIZE)] ^= (byte) (1 << random.nextInt(8));
            default -> {
                var content = new byte[Pages.SIZE];
                random.nextBytes(content);
                System.arraycopy(content, 0, bytes, from, Pages.SIZE);
            }
        }
        written.set(page);
        sinceTaken.set(page);
    }

    @Override
    public BitSet takeWritten() {
        var taken = (BitSet) sinceTaken.clone();
        sinceTaken.clear();
        return taken;
    }

    @Override
    public BitSet written() {
        return (BitSet) written.clone();
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        MemorySegment.copy(
                bytes, (int) offset, target, ValueLayout.JAVA_BYTE, 0, (int) target.byteSize());
    }

    @Override
    public void close() {}
}
