package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.Flock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// The lanes of a running sandbox, which all processes that use it share. Each of the lanes 1 to
/// n-1 belongs to the process that holds the lock on `lane.<n>.lock`; lane 0 belongs to whoever
/// holds the sandbox's own lock. Thread-safe.
public final class Lanes {
    private static final System.Logger LOG = System.getLogger(Lanes.class.getName());
    private static final String USED = "used";
    private static final long PAUSE_NANOS = Duration.ofMillis(5).toNanos();

    private final Path runFolder;
    private final Path consoleLog;
    private final int count;

    /// Describes the lanes of a sandbox; nothing is opened.
    ///
    /// @param runFolder holds the sockets `lane.<n>` and gets the locks
    /// @param consoleLog the file with the guest's console; errors name it
    /// @param count how many lanes the machine has, with lane 0
    public Lanes(Path runFolder, Path consoleLog, int count) {
        if (count < 2) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT, count + " lanes: a machine needs at least 2");
        }
        this.runFolder = runFolder;
        this.consoleLog = consoleLog;
        this.count = count;
    }

    /// Connects over lane 0. The caller holds the sandbox's lock until it has closed the
    /// connection.
    ///
    /// @param longest how long to wait for the agent
    public AgentConnection control(Duration longest) {
        noteUse();
        return connect(0, longest);
    }

    /// Connects over the control lane, and gives the guest an identity with the first bytes that it
    /// hears. The caller holds the sandbox's lock, and closes the connection.
    ///
    /// @param identity who it is
    /// @param longest how long to wait for the agent
    public AgentConnection control(GuestIdentity identity, Duration longest) {
        noteUse();
        return AgentConnection.open(address(0), identity, longest);
    }

    /// Takes a lane that nobody uses, and connects over it.
    ///
    /// @param longest how long to wait for a free lane, and again for the agent's answer
    /// @throws StasisException with {@link ErrorCode#BUSY} when all lanes stayed in use
    public Lane acquire(Duration longest) {
        Deadline deadline = Deadline.in(longest);
        while (true) {
            for (int number = 1; number < count; number++) {
                Optional<Flock> lock = tryLock(number);
                if (lock.isPresent()) {
                    return open(number, lock.get(), longest);
                }
            }
            if (deadline.nanosLeft() <= 0) {
                throw allBusy(deadline);
            }
            // No call waits for any one of several locks.
            LockSupport.parkNanos(Math.min(PAUSE_NANOS, Math.max(1, deadline.nanosLeft())));
            if (Thread.currentThread().isInterrupted()) {
                throw new StasisException(
                        ErrorCode.INTERRUPTED, "Waiting for a free lane was interrupted");
            }
        }
    }

    private Lane open(int number, Flock lock, Duration longest) {
        boolean opened = false;
        noteUse();
        try {
            var lane = new Lane(number, lock, connect(number, longest), this::noteUse);
            opened = true;
            return lane;
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    /// Tells the launcher of a machine that ends when nobody uses it; of any other, the file is not
    /// there.
    private void noteUse() {
        try {
            Files.setLastModifiedTime(runFolder.resolve(USED), FileTime.from(Instant.now()));
        } catch (NoSuchFileException e) {
            // Nobody wants to know.
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "A use of a sandbox could not be noted", e);
        }
    }

    private AgentConnection connect(int number, Duration longest) {
        return AgentConnection.open(address(number), longest);
    }

    private AgentAddress address(int number) {
        return new AgentAddress(runFolder.resolve("lane." + number), consoleLog);
    }

    private Optional<Flock> tryLock(int number) {
        Path file = runFolder.resolve("lane." + number + ".lock");
        try {
            return Flock.tryLock(file, Flock.Mode.EXCLUSIVE);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "The lock of a lane can't be taken: " + file + "; did the sandbox end?",
                    e);
        }
    }

    private StasisException allBusy(Deadline deadline) {
        return new StasisException(
                ErrorCode.BUSY,
                "All "
                        + (count - 1)
                        + " lanes for commands of the sandbox in "
                        + runFolder
                        + " were in use for "
                        + deadline
                        + ", each by another process: wait until some of their commands have ended,"
                        + " or run several commands from one process, which then share a lane");
    }
}
