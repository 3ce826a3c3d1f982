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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Clones of one snapshot, made by a few threads in the background. The snapshot is pinned as long
/// as there may be clones.
final class LocalPool implements Pool {
    private static final System.Logger LOG = System.getLogger(LocalPool.class.getName());

    private final LocalStasis stasis;
    private final Tools tools;
    private final SnapshotManifest manifest;
    private final PoolSettings settings;
    private final int size;
    private final Pin pin;
    private final PoolStock stock;

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
        this.stock =
                new PoolStock(
                        "The pool of snapshot " + manifest.id(), size, settings.sparedMemory());
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
        for (int i = 0; i < Math.min(settings.atOnce(), size); i++) {
            stock.join();
            Thread.ofVirtual().name("pool " + manifest.id()).start(this::fill);
        }
    }

    private void fill() {
        try {
            while (stock.awaitNeed()) {
                makeOne();
            }
        } finally {
            stock.part();
        }
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
            if (clone == null) {
                stock.failed(failed);
            }
        }
        if (clone != null && !stock.made(clone)) {
            clone.close();
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int ready() {
        return stock.ready();
    }

    @Override
    public void awaitReady(Duration atMost) {
        stock.awaitReady(atMost);
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
        var clone = stock.take();
        try {
            // The launcher of a clone was told of no ports.
            boolean fits = clone.isPresent() && wanted.ports().isNone();
            return fits
                    ? stasis.restore(
                            manifest, name, wanted, new Origin.Pooled(clone.get(), running))
                    : stasis.restore(manifest.id(), name, wanted);
        } finally {
            clone.filter(left -> !left.isUsed() && !stock.giveBack(left)).ifPresent(Clone::close);
            stock.leave();
        }
    }

    @Override
    public void close() {
        stock.close().ifPresent(this::end);
    }

    private void end(List<Clone> left) {
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
