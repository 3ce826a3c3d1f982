package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A warmed sandbox of this run, from which tests take their forks. While a class uses it, the next
/// fork is made ahead, on a thread of its own.
final class Warmed implements AutoCloseable {
    /// What is made anew when it can't be restored.
    private static final Set<ErrorCode> UNUSABLE =
            Set.of(
                    ErrorCode.INCOMPATIBLE_SNAPSHOT,
                    ErrorCode.STORE_DAMAGED,
                    ErrorCode.SNAPSHOT_NOT_FOUND);

    /// Restores have deadlines of their own, which are shorter.
    private static final Duration LONGEST_RESTORE = Duration.ofMinutes(5);

    private final Session session;
    private final WarmSnapshot kept;
    private final Object warming = new Object();

    /// Guarded by `warming`.
    private @Nullable Snapshot snapshot;

    private @Nullable StasisException failure;

    /// Guarded by this.
    private @Nullable FutureTask<Sandbox> next;

    private int users;

    Warmed(Session session, WarmSnapshot kept) {
        this.session = session;
        this.kept = kept;
    }

    /// Begins the use by a test class: warms up, unless that was done, and makes the first fork.
    ///
    /// @throws StasisException when it can't be warmed up; that is tried once in a run
    void use() {
        var first = warm();
        synchronized (this) {
            users++;
            if (first.isPresent() && next == null) {
                next = done(first.get());
                return;
            }
        }
        first.ifPresent(Sandbox::close);
        makeNext();
    }

    /// Ends the use by a test class. After the last one no fork is kept ready.
    void release() {
        @Nullable FutureTask<Sandbox> left = null;
        synchronized (this) {
            users--;
            if (users == 0) {
                left = next;
                next = null;
            }
        }
        discard(left);
    }

    /// A fork, which the caller closes.
    Sandbox fork() {
        @Nullable FutureTask<Sandbox> ready;
        synchronized (this) {
            ready = next;
            next = null;
        }
        var fork = ready == null ? restore() : await(ready);
        makeNext();
        return fork;
    }

    private synchronized void makeNext() {
        if (!session.configuration().ahead() || users == 0 || next != null) {
            return;
        }
        next = new FutureTask<>(this::restore);
        Thread.ofVirtual().name("next fork").start(next);
    }

    private static FutureTask<Sandbox> done(Sandbox fork) {
        Callable<Sandbox> known = () -> fork;
        var task = new FutureTask<>(known);
        task.run();
        return task;
    }

    /// What was made ahead, or another when that failed.
    private Sandbox await(FutureTask<Sandbox> ready) {
        try {
            return ready.get(LONGEST_RESTORE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return restore();
        } catch (InterruptedException e) {
            Thread.ofVirtual().name("discarded fork").start(() -> discard(ready));
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED,
                    "Waiting for a fork of '%s' was interrupted"
                            .formatted(kept.definition().name()),
                    e);
        }
    }

    private static void discard(@Nullable FutureTask<Sandbox> fork) {
        if (fork == null) {
            return;
        }
        try {
            fork.get(LONGEST_RESTORE.toMillis(), TimeUnit.MILLISECONDS).close();
        } catch (ExecutionException | TimeoutException e) {
            // There is none, or it ends with this process.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Finds the snapshot, or makes it.
    ///
    /// @return a fork, if one was made to see whether that works
    private Optional<Sandbox> warm() {
        synchronized (warming) {
            if (failure != null) {
                throw new StasisException(
                        failure.code(),
                        "'%s' could not be warmed up before, and is not tried again in this run"
                                .formatted(kept.definition().name()),
                        failure);
            }
            if (snapshot != null) {
                return Optional.empty();
            }
            try {
                return Optional.of(foundOrMade());
            } catch (StasisException e) {
                failure = e.code() == ErrorCode.INTERRUPTED ? null : e;
                throw e;
            }
        }
    }

    private Sandbox foundOrMade() {
        var found = kept.find();
        if (found.isPresent() && !session.configuration().refresh()) {
            try {
                var fork = restoreFrom(found.get());
                snapshot = found.get();
                return fork;
            } catch (StasisException e) {
                if (!UNUSABLE.contains(e.code())) {
                    throw e;
                }
            }
        }
        var made = kept.make(found.map(Snapshot::id));
        var fork = restoreFrom(made);
        snapshot = made;
        return fork;
    }

    private Sandbox restore() {
        var known = known();
        try {
            return restoreFrom(known);
        } catch (StasisException e) {
            // Another process may have renewed it meanwhile, and this one's went.
            if (e.code() != ErrorCode.SNAPSHOT_NOT_FOUND) {
                throw e;
            }
            var renewed = kept.find().orElseThrow(() -> e);
            synchronized (warming) {
                snapshot = renewed;
            }
            return restoreFrom(renewed);
        }
    }

    private Snapshot known() {
        synchronized (warming) {
            if (snapshot == null) {
                throw new IllegalStateException("it was not warmed up");
            }
            return snapshot;
        }
    }

    private Sandbox restoreFrom(Snapshot from) {
        var definition = kept.definition();
        var fork = from.restoreWith(session.names().next(definition.name()), definition::describe);
        try {
            definition.await(fork);
        } catch (RuntimeException e) {
            fork.close();
            throw e;
        }
        return fork;
    }

    @Override
    public void close() {
        @Nullable FutureTask<Sandbox> left;
        synchronized (this) {
            users = 0;
            left = next;
            next = null;
        }
        discard(left);
    }
}
