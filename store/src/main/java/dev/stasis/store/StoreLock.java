package dev.stasis.store;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A lock on something of the store, held until it is closed or the process dies. It keeps
/// processes apart and threads too, and is not reentrant. The lock file says who holds it and why,
/// for the message of whoever waits in vain.
public final class StoreLock implements AutoCloseable {
    private static final int LONGEST_HOLDER_BYTES = 200;

    private final Flock flock;

    private StoreLock(Flock flock) {
        this.flock = flock;
    }

    /// Takes the lock, waiting for it.
    ///
    /// @param file the lock file, in a folder that exists
    /// @param subject what it locks, for messages: `Sandbox base`
    /// @param purpose what it is taken for: `snapshot`
    /// @param atMost how long to wait
    /// @throws NoSuchFileException when the folder does not exist, or went away while waiting
    /// @throws StasisException with {@link ErrorCode#BUSY} naming the holder
    static StoreLock acquire(Path file, String subject, String purpose, Duration atMost)
            throws IOException {
        var flock = Flock.lock(file, Flock.Mode.EXCLUSIVE, atMost);
        if (flock.isEmpty()) {
            throw new StasisException(
                    ErrorCode.BUSY,
                    "%s is in use by %s: its lock was not to be had within %s for '%s'; wait for that process, or end it (%s)"
                            .formatted(subject, holder(file), shown(atMost), purpose, file));
        }
        return held(flock.get(), file, purpose);
    }

    /// Takes the lock if that is possible at once.
    static Optional<StoreLock> tryAcquire(Path file, String purpose) throws IOException {
        return Flock.tryLock(file, Flock.Mode.EXCLUSIVE).map(flock -> held(flock, file, purpose));
    }

    /// Whether somebody holds the lock.
    static boolean isHeld(Path file) throws IOException {
        return Flock.isHeld(file);
    }

    /// Gives the lock back; a second call does nothing.
    @Override
    public void close() {
        flock.close();
    }

    private static StoreLock held(Flock flock, Path file, String purpose) {
        try {
            String holder = "process " + ProcessHandle.current().pid() + " (" + purpose + ")";
            Files.writeString(file, holder);
        } catch (IOException e) {
            // Only for messages: the lock is held all the same, even where the disk is full.
        }
        return new StoreLock(flock);
    }

    private static String holder(Path file) {
        try (var in = Files.newInputStream(file)) {
            var text = new String(in.readNBytes(LONGEST_HOLDER_BYTES), StandardCharsets.UTF_8);
            return text.isBlank() ? "another process" : Names.shown(text.strip());
        } catch (IOException e) {
            return "another process";
        }
    }

    private static String shown(Duration duration) {
        return duration.toMillis() + " ms";
    }
}
