package dev.stasis.local.files;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.FileSession;
import dev.stasis.guest.SharedLane;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The sessions of one sandbox's files. Each serves one caller at a time; those that nobody uses
/// are kept for a moment, since starting a process in the guest takes longer than most of what it
/// is asked for. Thread-safe.
public final class FileSessions implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(60);
    private static final long KEPT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int KEPT_MOST = 4;

    private final SharedLane lane;
    private final Supplier<UnaryOperator<StasisException>> begin;
    private final List<Session> kept = new ArrayList<>(); // guarded by this
    private boolean closed; // guarded by this

    /// Opens nothing yet.
    ///
    /// @param lane closed with this
    /// @param begin called before each use: fails when the sandbox does not run, and gives what
    ///   turns a failure of the use into one that says why
    public FileSessions(SharedLane lane, Supplier<UnaryOperator<StasisException>> begin) {
        this.lane = lane;
        this.begin = begin;
    }

    /// Starts to use a session; the caller closes what this returns.
    Lease borrow(@Nullable String user) {
        UnaryOperator<StasisException> explain = begin.get();
        Session session = take(user);
        try {
            return new Lease(session == null ? open(user) : session, explain);
        } catch (StasisException e) {
            throw explain.apply(e);
        }
    }

    private synchronized @Nullable Session take(@Nullable String user) {
        if (closed) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE, "The sandbox was closed: its files can't be used");
        }
        for (Iterator<Session> each = kept.iterator(); each.hasNext(); ) {
            Session session = each.next();
            if (!session.files.isIdle()) {
                each.remove();
                session.end();
            } else if (Objects.equals(session.user, user)) {
                each.remove();
                return session;
            }
        }
        return null;
    }

    private Session open(@Nullable String user) {
        var use = lane.use(CONNECT);
        boolean opened = false;
        try {
            var session = new Session(FileSession.open(use.connection(), user), use, user);
            opened = true;
            return session;
        } finally {
            if (!opened) {
                use.close();
            }
        }
    }

    private void giveBack(Session session) {
        synchronized (this) {
            if (!closed && session.files.isIdle() && kept.size() < KEPT_MOST) {
                session.since = System.nanoTime();
                kept.add(session);
                CompletableFuture.delayedExecutor(
                                KEPT_NANOS,
                                TimeUnit.NANOSECONDS,
                                task -> Thread.ofVirtual().name("files-idle").start(task))
                        .execute(this::endIdle);
                return;
            }
        }
        session.end();
    }

    private void endIdle() {
        var over = new ArrayList<Session>();
        synchronized (this) {
            long now = System.nanoTime();
            for (Iterator<Session> each = kept.iterator(); each.hasNext(); ) {
                Session session = each.next();
                if (now - session.since >= KEPT_NANOS) {
                    each.remove();
                    over.add(session);
                }
            }
        }
        over.forEach(Session::end);
    }

    /// Ends the sessions that nobody uses, and lets the others fail.
    @Override
    public void close() {
        List<Session> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(kept);
            kept.clear();
        }
        all.forEach(Session::end);
        lane.close();
    }

    private static final class Session {
        private final FileSession files;
        private final SharedLane.Use use;
        private final @Nullable String user;
        private long since;

        Session(FileSession files, SharedLane.Use use, @Nullable String user) {
            this.files = files;
            this.use = use;
            this.user = user;
        }

        /// One that is in the middle of something is killed: nobody will take its answers.
        void end() {
            if (files.isIdle()) {
                files.close();
            } else {
                files.kill();
            }
            use.close();
        }
    }

    /// The use of a session by one caller.
    final class Lease implements AutoCloseable {
        private final Session session;
        private final UnaryOperator<StasisException> explain;
        private boolean left;

        private Lease(Session session, UnaryOperator<StasisException> explain) {
            this.session = session;
            this.explain = explain;
        }

        FileSession files() {
            return session.files;
        }

        /// A failure with its reason, where the machine or the agent is it.
        StasisException explained(StasisException failure) {
            return explain.apply(failure);
        }

        /// The same for a stream, with the same message.
        IOException failed(StasisException failure) {
            StasisException why = explained(failure);
            return new IOException(why.getMessage(), why);
        }

        @Override
        public void close() {
            if (!left) {
                left = true;
                giveBack(session);
            }
        }
    }
}
