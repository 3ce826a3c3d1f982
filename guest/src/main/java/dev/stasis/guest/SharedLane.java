package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The one lane that a process uses for all of its commands in a sandbox. The first user takes it
/// and the last gives it back, so nothing is held while no command runs. A user who comes after the
/// connection died gets a new one. Thread-safe.
public final class SharedLane implements AutoCloseable {
    private final Lanes lanes;
    private final ReentrantLock opening = new ReentrantLock();
    private @Nullable Held held; // guarded by this, as the users in it
    private boolean closed;

    /// Holds nothing yet.
    public SharedLane(Lanes lanes) {
        this.lanes = lanes;
    }

    /// Starts to use the lane; the caller closes what this returns when its command has ended.
    ///
    /// @param longest how long to wait for a free lane, and again for the agent's answer
    /// @throws StasisException with {@link ErrorCode#BUSY} when all lanes stayed in use
    public Use use(Duration longest) {
        Use use = join();
        if (use != null) {
            return use;
        }
        lockOpening(longest);
        try {
            use = join();
            return use != null ? use : hold(lanes.acquire(longest));
        } finally {
            opening.unlock();
        }
    }

    /// Gives the lane back even if it is in use: commands that run go on in the guest, and waiting
    /// for them fails. Nothing can be used afterwards. Can be called again.
    @Override
    public void close() {
        Held last;
        synchronized (this) {
            closed = true;
            last = held;
            held = null;
        }
        if (last != null) {
            last.lane.close();
        }
    }

    private synchronized @Nullable Use join() {
        checkOpen();
        if (held == null || !held.lane.connection().isOpen()) {
            return null;
        }
        held.users++;
        return new Use(held);
    }

    private Use hold(Lane lane) {
        Held dead;
        Use use;
        synchronized (this) {
            if (closed) {
                lane.close();
                checkOpen();
            }
            dead = held;
            held = new Held(lane);
            use = new Use(held);
        }
        if (dead != null) {
            dead.lane.close();
        }
        return use;
    }

    private void leave(Held left) {
        synchronized (this) {
            left.users--;
            if (left.users > 0) {
                return;
            }
            if (held == left) {
                held = null;
            }
        }
        left.lane.close();
    }

    private void checkOpen() {
        if (closed) {
            throw new StasisException(
                    ErrorCode.WRONG_STATE, "The sandbox was closed: no command can run in it");
        }
    }

    private void lockOpening(Duration longest) {
        try {
            // Whoever opens now may wait for a free lane and then for the agent.
            if (!opening.tryLock(2 * longest.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new StasisException(
                        ErrorCode.BUSY,
                        "Another thread has been opening a lane for "
                                + Deadline.text(longest.multipliedBy(2)));
            }
        } catch (InterruptedException e) {
            throw Deadline.interrupted("Waiting for a lane", e);
        }
    }

    /// The use of a lane by one command.
    public final class Use implements AutoCloseable {
        private final Held used;
        private boolean left;

        private Use(Held used) {
            this.used = used;
        }

        /// The connection over the lane.
        public AgentConnection connection() {
            return used.lane.connection();
        }

        /// Ends the use, and gives the lane back when it was the last. Can be called again.
        @Override
        public void close() {
            synchronized (this) {
                if (left) {
                    return;
                }
                left = true;
            }
            leave(used);
        }
    }

    private static final class Held {
        private final Lane lane;
        private int users = 1;

        private Held(Lane lane) {
            this.lane = lane;
        }
    }
}
