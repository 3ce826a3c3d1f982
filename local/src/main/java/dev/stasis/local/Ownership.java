package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.time.Duration;

/// Says that a living process keeps an attached sandbox: a lock that goes with the process, even by
/// kill -9.
final class Ownership implements AutoCloseable {
    /// Others hold the lock for an instant when they look who holds it.
    private static final Duration INSTANT = Duration.ofSeconds(2);

    private final Flock lock;

    private Ownership(Flock lock) {
        this.lock = lock;
    }

    /// Takes the ownership of a sandbox that is being made.
    static Ownership take(Place place) {
        try {
            return new Ownership(
                    Flock.lock(place.ownerLock(), Flock.Mode.EXCLUSIVE, INSTANT)
                            .orElseThrow(() ->
                                    new StasisException(
                                            ErrorCode.BUSY,
                                            "Sandbox "
                                                    + place.name()
                                                    + " is owned by another process: "
                                                    + place.ownerLock()
                                                    + " is locked")));
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "Sandbox "
                            + place.name()
                            + " can't be owned: "
                            + place.ownerLock()
                            + " can't be locked",
                    e);
        }
    }

    /// Whether a living process keeps the sandbox.
    static boolean isHeld(Place place) {
        try {
            return Flock.isHeld(place.ownerLock());
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "The owner of sandbox "
                            + place.name()
                            + " can't be found out: "
                            + place.ownerLock()
                            + " can't be read",
                    e);
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}
