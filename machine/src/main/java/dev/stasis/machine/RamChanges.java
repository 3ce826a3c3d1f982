package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// Which pages of a machine differ from an image, up to as many as a delta may hold.
final class RamChanges {
    /// A delta may always be that large.
    private static final long SMALL_DELTA_BYTES = 16 << 20;

    /// Above that, a delta is at most this part of its base.
    private static final int PART_OF_BASE = 2;

    private final GuestMemory memory;
    private final RamReference base;
    private final long limit;
    private final AtomicLong found = new AtomicLong();
    private final BitSet data = new BitSet(); // guarded by itself, with zero
    private final BitSet zero = new BitSet();

    RamChanges(GuestMemory memory, RamReference base) {
        this.memory = memory;
        this.base = base;
        this.limit = Math.max(SMALL_DELTA_BYTES, base.dataBytes() / PART_OF_BASE);
    }

    /// Whether they are more than a delta may hold; not all of them were found then.
    boolean tooMany() {
        return found.get() > limit;
    }

    /// Those that differ, in order.
    List<PageRun> runs() {
        return PageRun.of(data, zero);
    }

    /// Looks at some pages.
    void find(BitSet pages) throws IOException {
        var workers = new PageWorkers(memory, pages);
        workers.run((first, bytes) -> {
            compare(first, bytes);
            if (tooMany()) {
                workers.stop();
            }
        });
    }

    /// Looks once more at some pages, which were written since.
    void findAgain(BitSet pages) throws IOException {
        var before = (BitSet) data.clone();
        before.and(pages);
        found.addAndGet(-Pages.offset(before.cardinality()));
        data.andNot(pages);
        zero.andNot(pages);
        find(pages);
    }

    private void compare(int first, MemorySegment bytes) {
        int count = (int) (bytes.byteSize() / Pages.SIZE);
        int page = base.firstDifferent(bytes, first, 0, count);
        while (page < count) {
            add(first + page, Pages.isZero(bytes, page));
            page = base.firstDifferent(bytes, first, page + 1, count);
        }
    }

    private void add(int page, boolean isZero) {
        synchronized (data) {
            (isZero ? zero : data).set(page);
        }
        if (!isZero) {
            found.addAndGet(Pages.SIZE);
        }
    }
}
