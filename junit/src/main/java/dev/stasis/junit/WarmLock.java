package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Lets one thread of one process warm something up. It ends with its process at the latest.
final class WarmLock implements AutoCloseable {
    /// File locks belong to the process, so that its threads need another kind.
    private static final Map<Path, Semaphore> IN_THIS_PROCESS = new ConcurrentHashMap<>();

    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private final Semaphore own;
    private final FileChannel channel;

    private WarmLock(Semaphore own, FileChannel channel) {
        this.own = own;
        this.channel = channel;
    }

    /// @param file made if it is not there
    /// @param longest how long to wait
    /// @param what what is warmed, for messages
    /// @throws StasisException with {@link ErrorCode#BUSY} when others have it all the time
    static WarmLock of(Path file, Duration longest, String what) {
        long end = System.nanoTime() + longest.toNanos();
        var own =
                IN_THIS_PROCESS.computeIfAbsent(
                        file.toAbsolutePath().normalize(), _ -> new Semaphore(1));
        @Nullable FileChannel channel = null;
        boolean held = false;
        try {
            if (!own.tryAcquire(longest.toNanos(), TimeUnit.NANOSECONDS)) {
                throw busy(what, longest, "this process");
            }
            held = true;
            Files.createDirectories(file.toAbsolutePath().getParent());
            channel =
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            while (channel.tryLock() == null) {
                if (System.nanoTime() > end) {
                    throw busy(what, longest, "the process " + Files.readString(file).strip());
                }
                Thread.sleep(LOOK_AGAIN);
            }
            write(channel, ProcessHandle.current().pid() + "\n");
            var lock = new WarmLock(own, channel);
            channel = null;
            held = false;
            return lock;
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The lock " + file + " can't be taken", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED,
                    "Waiting for the warm-up of " + what + " was interrupted",
                    e);
        } finally {
            release(held ? own : null, channel);
        }
    }

    private static void write(FileChannel channel, String text) throws IOException {
        channel.truncate(0);
        var bytes = StandardCharsets.US_ASCII.encode(text);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static StasisException busy(String what, Duration longest, String holder) {
        return new StasisException(
                ErrorCode.BUSY,
                "%s is being warmed up by %s, which did not come to an end within %d s: see what it does, or end it"
                        .formatted(what, holder, longest.toSeconds()));
    }

    private static void release(@Nullable Semaphore own, @Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, "A lock can't be given back", e);
        } finally {
            if (own != null) {
                own.release();
            }
        }
    }

    @Override
    public void close() {
        release(own, channel);
    }
}
