package dev.stasis.bench;

import dev.stasis.store.Home;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The folders of one run of the benchmark, gone with it. A run that is interrupted ends the
/// processes it has started, too.
final class Workplace implements AutoCloseable {
    private static final Duration DYING = Duration.ofMillis(300);
    private static final int MOST_TRIES = 20;

    private final Path disks;
    private final Path sockets;
    private final Home home;
    private final Thread atInterruption = new Thread(this::interrupted, "clean-up");
    private final AtomicInteger number = new AtomicInteger();

    Workplace(Path folder) throws IOException {
        disks = Files.createTempDirectory(folder, "stasis-bench-");
        home = Home.open(disks.resolve("home"));
        var besides = Objects.requireNonNull(home.runtime().root().getParent());
        sockets = Files.createTempDirectory(besides, "bench-"); // on the same file system
        Runtime.getRuntime().addShutdownHook(atInterruption);
    }

    /// A home for Stasis.
    Home home() {
        return home;
    }

    /// A file on the disk to measure.
    Path file(String name) {
        return disks.resolve(name);
    }

    /// A new folder for a machine's sockets.
    Path newRunFolder() throws IOException {
        return Files.createDirectory(sockets.resolve(Integer.toString(number.incrementAndGet())));
    }

    /// Makes the kernel use some memory that it may never have used before, and gives it back. A
    /// virtual computer is given its own memory only then, and is slow that once.
    void touchMemory(long mebibytes) throws IOException {
        var file = disks.resolve("touched");
        var bytes = ByteBuffer.allocateDirect(1 << 20);
        try (var channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            for (long i = 0; i < mebibytes; i++) {
                channel.write(bytes.clear());
            }
        }
        Files.delete(file);
    }

    @Override
    public void close() {
        cleanUp();
        Runtime.getRuntime().removeShutdownHook(atInterruption);
    }

    /// What was running goes on meanwhile, and fails for want of its folders.
    private void interrupted() {
        int tries = 0;
        do {
            cleanUp();
            LockSupport.parkNanos(DYING.toNanos());
        } while (isLeft() && ++tries < MOST_TRIES);
    }

    private boolean isLeft() {
        return Files.exists(disks)
                || Files.exists(sockets)
                || ProcessHandle.current().descendants().findAny().isPresent();
    }

    private void cleanUp() {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        deleteTree(sockets);
        deleteTree(home.runtime().root());
        deleteTree(disks);
    }

    private static void deleteTree(Path folder) {
        try {
            Files.walkFileTree(folder, new Deletion());
        } catch (NoSuchFileException e) {
            // Deleted already.
        } catch (IOException e) {
            System.err.println("bench: " + folder + " is left: " + e);
        }
    }

    /// Deletes a tree; what is gone already is fine.
    static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
                throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
