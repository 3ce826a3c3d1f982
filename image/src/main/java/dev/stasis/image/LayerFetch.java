package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.ImageProgress;
import dev.stasis.StasisException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Fetches the layers of an image, some at a time.
final class LayerFetch {
    /// As many as Docker.
    private static final int AT_A_TIME = 3;

    private final Registry registry;
    private final BlobCache cache;
    private final Deadline deadline;
    private final Consumer<ImageProgress> progress;
    private final AtomicBoolean failed = new AtomicBoolean();

    /// @param progress called on several threads, but by one at a time
    LayerFetch(
            Registry registry,
            BlobCache cache,
            Deadline deadline,
            Consumer<ImageProgress> progress) {
        this.registry = registry;
        this.cache = cache;
        this.deadline = deadline;
        this.progress =
                told -> {
                    synchronized (this) {
                        progress.accept(told);
                    }
                };
    }

    /// Fetches those that are not here yet. When one fails, so does all; what arrived is kept.
    void all(List<Descriptor> layers) {
        var distinct = new LinkedHashMap<String, Descriptor>();
        layers.forEach(layer -> distinct.put(layer.digest(), layer));
        distinct.values().forEach(layer -> tell(layer, ImageProgress.Step.FETCHING, 0));
        var running = new ArrayList<Future<?>>();
        try (var threads = Executors.newFixedThreadPool(AT_A_TIME, Thread.ofVirtual().factory())) {
            for (var layer : distinct.values()) {
                running.add(threads.submit(() -> one(layer)));
            }
            threads.shutdown();
            rethrow(running);
        }
    }

    private void rethrow(List<Future<?>> running) {
        @Nullable Throwable first = null;
        for (var one : running) {
            try {
                one.get();
            } catch (ExecutionException e) {
                var cause = e.getCause();
                if (first == null || first instanceof Cancelled) {
                    first = cause;
                }
            } catch (InterruptedException e) {
                failed.set(true);
                Thread.currentThread().interrupt();
                throw new StasisException(
                        ErrorCode.INTERRUPTED, "The thread that fetched layers was interrupted", e);
            }
        }
        if (first instanceof RuntimeException failure) {
            throw failure;
        }
        if (first != null) {
            throw new IllegalStateException(first);
        }
    }

    /// What ends the others when one has failed.
    private static final class Cancelled extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private void one(Descriptor layer) {
        try (var _ = cache.lock(layer, deadline)) {
            if (!cache.has(layer)) {
                String what = registry.name() + ", layer " + layer.shortDigest();
                var retrying = new Retrying(what, deadline);
                retrying.call(() -> {
                    cache.fetch(
                            layer,
                            registry.name(),
                            from -> registry.layer(layer, from),
                            done -> arrived(layer, done, retrying));
                    return true;
                });
            }
            tell(layer, ImageProgress.Step.FETCHED, layer.size());
        } catch (IOException e) {
            failed.set(true);
            throw Failures.of("Keeping layer " + layer.shortDigest(), e);
        } catch (RuntimeException | Error e) {
            failed.set(true);
            throw e;
        }
    }

    private void arrived(Descriptor layer, long done, Retrying retrying) {
        if (failed.get()) {
            throw new Cancelled();
        }
        retrying.reached(done);
        tell(layer, ImageProgress.Step.FETCHING, done);
    }

    private void tell(Descriptor layer, ImageProgress.Step step, long done) {
        progress.accept(new ImageProgress(layer.shortDigest(), step, done, layer.size()));
    }
}
