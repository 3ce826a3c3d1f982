package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.ForkOutcome;
import dev.stasis.RestoreBuilder;
import dev.stasis.RestoreSettings;
import dev.stasis.StasisException;
import dev.stasis.store.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Makes several forks of one snapshot, some of them at the same time: what a restore waits for is
/// mostly its QEMU, so that more at once than there are processors only get into each other's way.
final class SeveralForks {
    private static final int AT_ONCE = Math.max(2, Runtime.getRuntime().availableProcessors());

    private final LocalStasis stasis;
    private final String snapshot;
    private final Semaphore turns = new Semaphore(AT_ONCE, true);
    private final Map<String, ForkOutcome> outcomes = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Throwable> mistake = new AtomicReference<>();
    private final AtomicBoolean abandoned = new AtomicBoolean();

    SeveralForks(LocalStasis stasis, String snapshot) {
        this.stasis = stasis;
        this.snapshot = snapshot;
    }

    /// What was asked for, checked as a whole.
    static SequencedMap<String, RestoreSettings> checked(
            List<String> names, BiConsumer<String, RestoreBuilder> settings) {
        var wanted = new LinkedHashMap<String, RestoreSettings>();
        for (var name : names) {
            Names.check("sandbox", name);
            var builder = new RestoreBuilder();
            settings.accept(name, builder);
            if (wanted.put(name, builder.build()) != null) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "Two forks can't both be named '" + name + "': give each another name");
            }
        }
        return wanted;
    }

    List<ForkOutcome> make(SequencedMap<String, RestoreSettings> wanted) {
        var done = new CountDownLatch(wanted.size());
        wanted.forEach((name, settings) ->
                Thread.ofVirtual()
                        .name("fork " + name)
                        .start(() -> {
                            try {
                                attempt(name, settings);
                            } finally {
                                done.countDown();
                            }
                        }));
        boolean interrupted = await(done);
        var failure = mistake.get();
        if (interrupted || failure != null) {
            closeAll();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED,
                    "Restoring snapshot %s several times was interrupted".formatted(snapshot));
        }
        switch (failure) {
            case null -> {}
            case Error error -> throw error;
            default -> throw (RuntimeException) failure;
        }
        return wanted.sequencedKeySet().stream().map(outcomes::get).toList();
    }

    private void attempt(String name, RestoreSettings settings) {
        turns.acquireUninterruptibly();
        try {
            if (!abandoned.get()) {
                var fork = stasis.restore(snapshot, name, settings);
                outcomes.put(name, new ForkOutcome.Restored(fork));
                settings.progress().accept("Restored " + name);
            }
        } catch (StasisException e) {
            outcomes.put(name, new ForkOutcome.Failed(name, e));
        } catch (RuntimeException | Error e) {
            abandoned.set(true);
            mistake.compareAndSet(null, e);
        } finally {
            turns.release();
        }
    }

    /// Waits for all of them; those that have not begun when this is interrupted do not begin.
    private boolean await(CountDownLatch done) {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
                abandoned.set(true);
            }
        }
    }

    private void closeAll() {
        Closing.allOf(
                outcomes.values().stream()
                        .<Runnable>map(outcome ->
                                switch (outcome) {
                                    case ForkOutcome.Restored(var sandbox) -> sandbox::remove;
                                    case ForkOutcome.Failed _ -> () -> {};
                                })
                        .toList());
    }
}
