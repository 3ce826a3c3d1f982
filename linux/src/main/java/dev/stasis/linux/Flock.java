package dev.stasis.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// A lock on a file, by `flock`. It keeps processes apart and the threads of one process too, since
/// every lock has an open file of its own. The kernel gives it back when the process dies.
///
/// The lock is always on the file that the path names: when that file was deleted or replaced while
/// the lock was being taken, it is taken anew. Any thread may close it.
public final class Flock implements AutoCloseable {
    private static final int UNLESS_TAKEN = 4;
    private static final long FIRST_PAUSE_NANOS = Duration.ofNanos(100_000).toNanos();
    private static final long LONGEST_PAUSE_NANOS = Duration.ofMillis(10).toNanos();

    private static final SystemCall FLOCK = SystemCall.named("flock");

    /// How a file is locked.
    public enum Mode {
        /// Together with others that lock it shared.
        SHARED(1),
        /// Alone.
        EXCLUSIVE(2);

        private final int operation;

        Mode(int operation) {
            this.operation = operation;
        }
    }

    private final Descriptor descriptor;

    private Flock(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /// Locks a file if that is possible at once. The file is created if need be, its folder is not.
    ///
    /// @return empty when somebody else holds it
    /// @throws NoSuchFileException when there is no such folder
    public static Optional<Flock> tryLock(Path file, Mode mode) throws IOException {
        while (true) {
            var descriptor = Descriptor.open(file, Descriptor.READ_WRITE | Descriptor.CREATE);
            boolean kept = false;
            try {
                if (!lockNow(descriptor, file, mode)) {
                    return Optional.empty();
                }
                if (isNamed(descriptor, file)) {
                    kept = true;
                    return Optional.of(new Flock(descriptor));
                }
            } finally {
                if (!kept) {
                    descriptor.close();
                }
            }
        }
    }

    /// Locks a file, waiting for it.
    ///
    /// @param atMost how long to wait
    /// @return empty when somebody else still held it then
    /// @throws NoSuchFileException when there is no such folder, or it went away meanwhile
    public static Optional<Flock> lock(Path file, Mode mode, Duration atMost) throws IOException {
        long end = System.nanoTime() + atMost.toNanos();
        for (long pause = FIRST_PAUSE_NANOS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS)) {
            var lock = tryLock(file, mode);
            long left = end - System.nanoTime();
            if (lock.isPresent() || left <= 0) {
                return lock;
            }
            LockSupport.parkNanos(Math.min(pause, left));
        }
    }

    /// Whether somebody holds the lock of this file exclusively. Looking takes a shared lock for an
    /// instant, so whoever wants it exclusively should try for some milliseconds. Creates nothing.
    public static boolean isHeld(Path file) throws IOException {
        try (var descriptor = Descriptor.open(file, Descriptor.READ_ONLY)) {
            return !lockNow(descriptor, file, Mode.SHARED);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /// Waits until nobody holds the lock of this file exclusively.
    ///
    /// @return whether that came true in time
    public static boolean awaitFree(Path file, Duration atMost) throws IOException {
        long end = System.nanoTime() + atMost.toNanos();
        for (long pause = FIRST_PAUSE_NANOS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS)) {
            if (!isHeld(file)) {
                return true;
            }
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            LockSupport.parkNanos(Math.min(pause, left));
        }
    }

    /// Gives the lock back; a second call does nothing. The file stays.
    @Override
    public void close() {
        descriptor.close();
    }

    private static boolean lockNow(Descriptor descriptor, Path file, Mode mode)
            throws SystemCallException {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            while (FLOCK.number(state, descriptor.number(), mode.operation | UNLESS_TAKEN) != 0) {
                var failure = SystemCall.failure("flock", file.toString(), state);
                if (failure.is(Errno.EAGAIN)) {
                    return false;
                }
                if (!failure.is(Errno.EINTR)) {
                    throw failure;
                }
            }
            return true;
        }
    }

    private static boolean isNamed(Descriptor descriptor, Path file) throws IOException {
        try {
            return Files.isSameFile(descriptor.inProc(), file);
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
