package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.Pool;
import dev.stasis.PoolSettings;
import dev.stasis.RestoreBuilder;
import dev.stasis.RestoreSettings;
import dev.stasis.Sandbox;
import dev.stasis.StasisException;
import dev.stasis.store.Pin;
import dev.stasis.store.SnapshotManifest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Clones of one snapshot, made by a few threads in the background. The snapshot is pinned as long
/// as there may be clones.
final class LocalPool implements Pool {
    private static final System.Logger LOG = System.getLogger(LocalPool.class.getName());

    /// How long to wait before a clone is tried again: for memory, and after a failure.
    private static final Duration AGAIN = Duration.ofMillis(500);

    private final LocalStasis stasis;
    private final Tools tools;
    private final SnapshotManifest manifest;
    private final PoolSettings settings;
    private final int size;
    private final Pin pin;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Clone> ready = new ArrayDeque<>(); // guarded by lock, as all below
    private int making;
    private int calls;
    private int fillers;
    private boolean closed;
    private @Nullable StasisException failure;

    private LocalPool(
            LocalStasis stasis,
            Tools tools,
            SnapshotManifest manifest,
            int size,
            PoolSettings settings,
            Pin pin) {
        this.stasis = stasis;
        this.tools = tools;
        this.manifest = manifest;
        this.size = size;
        this.settings = settings;
        this.pin = pin;
    }

    /// Begins one.
    static LocalPool of(
            LocalStasis stasis, Tools tools, String snapshot, int size, PoolSettings settings) {
        if (size < 1) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A pool of snapshot %s can't have %d clones: give 1 or more"
                            .formatted(snapshot, size));
        }
        var snapshots = stasis.openHome().snapshots();
        var manifest = snapshots.resolve(snapshot);
        var somewhere = Clone.left(stasis.openHome(), manifest.id());
        var _ = MachinePlan.restored(somewhere, tools, manifest.id(), manifest.setup());
        var pin =
                snapshots
                        .pin(manifest.id())
                        .orElseThrow(() ->
                                new StasisException(
                                        ErrorCode.SNAPSHOT_NOT_FOUND,
                                        "Snapshot %s is gone".formatted(manifest.id())));
        var pool = new LocalPool(stasis, tools, manifest, size, settings, pin);
        pool.begin();
        return pool;
    }

    private void begin() {
        lock.lock();
        try {
            fillers = Math.min(settings.atOnce(), size);
            for (int i = 0; i < fillers; i++) {
                Thread.ofVirtual().name("pool " + manifest.id()).start(this::fill);
            }
        } finally {
            lock.unlock();
        }
    }

    private void fill() {
        try {
            while (awaitNeed()) {
                makeOne();
            }
        } finally {
            lock.lock();
            try {
                fillers--;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /// Waits until another clone is to be made, and counts it.
    ///
    /// @return false when the pool is closed
    private boolean awaitNeed() {
        lock.lock();
        try {
            while (!closed) {
                boolean wanted = ready.size() + making < size && calls == 0;
                if (wanted && failure == null && hasMemory()) {
                    making++;
                    return true;
                }
                if (wanted) {
                    var _ = changed.awaitNanos(AGAIN.toNanos());
                    failure = null;
                } else {
                    changed.await();
                }
            }
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasMemory() {
        return HostSize.available().compareTo(settings.sparedMemory()) > 0;
    }

    private void makeOne() {
        Clone clone = null;
        StasisException failed = null;
        try {
            clone = Clone.make(stasis, tools, manifest);
        } catch (StasisException e) {
            failed = e;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "A clone of snapshot {0} can't be made: {1}",
                    manifest.id(),
                    e.getMessage());
        } finally {
            lock.lock();
            try {
                making--;
                failure = failed;
                if (clone != null && !closed) {
                    ready.add(clone);
                    clone = null;
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
        if (clone != null) {
            clone.close();
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int ready() {
        lock.lock();
        try {
            return ready.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void awaitReady(Duration atMost) {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (ready.size() < size) {
                requireOpen();
                if (failure != null) {
                    throw failure;
                }
                if (left <= 0) {
                    throw new StasisException(
                            ErrorCode.DEADLINE_EXCEEDED,
                            "The pool of snapshot %s has %d of %d clones after %s, with %s of memory available and %s to be left free"
                                    .formatted(
                                            manifest.id(),
                                            ready.size(),
                                            size,
                                            atMost,
                                            HostSize.available(),
                                            settings.sparedMemory()));
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED, "Waiting for a pool was interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE,
                    "The pool of snapshot %s is closed: make another one".formatted(manifest.id()));
        }
    }

    @Override
    public Sandbox restore() {
        return restore(GeneratedNames.next("fork"));
    }

    @Override
    public Sandbox restoreWith(String name, Consumer<RestoreBuilder> settings) {
        var builder = new RestoreBuilder();
        settings.accept(builder);
        return restore(name, builder.build());
    }

    private Sandbox restore(String name, RestoreSettings wanted) {
        var running = Marks.restore(name);
        var clone = take();
        try {
            // The launcher of a clone was told of no ports.
            boolean fits = clone.isPresent() && wanted.ports().isNone();
            return fits
                    ? stasis.restore(
                            manifest, name, wanted, new Origin.Pooled(clone.get(), running))
                    : stasis.restore(manifest.id(), name, wanted);
        } finally {
            clone.filter(unused -> !unused.isUsed()).ifPresent(this::giveBack);
            leave();
        }
    }

    /// A clone that lives, if there is one.
    private Optional<Clone> take() {
        var dead = new ArrayList<Clone>();
        lock.lock();
        try {
            requireOpen();
            calls++;
            for (var clone = ready.poll(); clone != null; clone = ready.poll()) {
                if (clone.isAlive()) {
                    return Optional.of(clone);
                }
                dead.add(clone);
            }
            return Optional.empty();
        } finally {
            lock.unlock();
            dead.forEach(Clone::close);
        }
    }

    private void giveBack(Clone clone) {
        boolean kept;
        lock.lock();
        try {
            kept = !closed;
            if (kept) {
                ready.addFirst(clone);
            }
        } finally {
            lock.unlock();
        }
        if (!kept) {
            clone.close();
        }
    }

    private void leave() {
        lock.lock();
        try {
            calls--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        List<Clone> left;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            left = new ArrayList<>(ready);
            ready.clear();
            changed.signalAll();
            while (fillers > 0 || calls > 0) { // the snapshot stays pinned for them
                changed.awaitUninterruptibly(); // what they are making has a deadline
            }
        } finally {
            lock.unlock();
        }
        var steps = new ArrayList<Runnable>();
        left.forEach(clone -> steps.add(clone::close));
        steps.add(pin::close);
        steps.add(() -> stasis.forget(this));
        Closing.allOf(steps);
    }

    @Override
    public String toString() {
        return "Pool[" + size + " of " + manifest.id() + "]";
    }
}
