package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Goes through many pages of RAM in a few platform threads: the work is copying and comparing, and
/// would hold up every virtual thread.
final class PageWorkers {
    private static final int MOST_THREADS = 4;
    private static final int STRIPE = 16 * Pages.CHUNK;

    /// So few are looked at sooner than threads are started.
    private static final int FEW_PAGES = 2 * Pages.CHUNK;

    private final GuestMemory memory;
    private final BitSet pages;
    private final AtomicInteger nextStripe = new AtomicInteger();
    private final AtomicBoolean stopped = new AtomicBoolean();

    PageWorkers(GuestMemory memory, BitSet pages) {
        this.memory = memory;
        this.pages = pages;
    }

    /// Looks at pages in a row.
    @FunctionalInterface
    interface Task {
        /// Looks at some pages.
        ///
        /// @param first the number of the first
        /// @param bytes what they hold; the caller's again afterwards
        void look(int first, MemorySegment bytes) throws IOException;
    }

    /// Makes the work end soon, without a failure.
    void stop() {
        stopped.set(true);
    }

    /// Reads all pages and shows them to the task, from several threads at once when they are many.
    void run(Task task) throws IOException {
        if (pages.cardinality() <= FEW_PAGES) {
            work(task);
            return;
        }
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_THREADS);
        var factory = Thread.ofPlatform().daemon().name("ram-", 0).factory();
        try (var executor = Executors.newFixedThreadPool(threads, factory)) {
            List<Callable<Void>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(() -> {
                    work(task);
                    return null;
                });
            }
            for (var worker : executor.invokeAll(workers)) {
                worker.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException("going through RAM failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while going through RAM", e);
        }
    }

    private void work(Task task) throws IOException {
        boolean done = false;
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(Pages.offset(Pages.CHUNK), Pages.SIZE);
            int end = pages.length();
            for (int from = next(); from < end && !stopped.get(); from = next()) {
                stripe(task, buffer, from, Math.min(end, from + STRIPE));
            }
            done = true;
        } finally {
            if (!done) {
                stopped.set(true);
            }
        }
    }

    private int next() {
        return nextStripe.getAndIncrement() * STRIPE;
    }

    private void stripe(Task task, MemorySegment buffer, int from, int to) throws IOException {
        int page = pages.nextSetBit(from);
        while (page >= 0 && page < to && !stopped.get()) {
            int end = Pages.runEnd(pages, page, Math.min(to, page + Pages.CHUNK));
            var chunk = buffer.asSlice(0, Pages.offset(end - page));
            memory.read(Pages.offset(page), chunk);
            task.look(page, chunk);
            page = pages.nextSetBit(end);
        }
    }
}
