package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A run of `tar2sqfs`: what is written to it as a tar file becomes a squashfs file. It is killed
/// when its deadline passes, or when it is closed before it ended.
final class SquashfsBuild implements AutoCloseable {
    /// How the content is compressed: the choice is explained in
    /// `docs/decisions/0003-squashfs-made-by-tar2sqfs.md`.
    static final String COMPRESSION = "zstd, level 3";

    private static final List<String> OPTIONS =
            List.of(
                    "--quiet",
                    "--force",
                    "--no-skip",
                    "--compressor",
                    "zstd",
                    "--comp-extra",
                    "level=3");

    /// With less free space than this a disk counts as full.
    private static final long FULL_BYTES = 1 << 20;

    private static final int BUFFER_BYTES = 1 << 18;

    /// How long a program that stopped reading may take to say why.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Process process;
    private final OutputStream input;
    private final LastWords said;
    private final Path target;
    private final FileChannel held;
    private final Deadline deadline;

    private SquashfsBuild(Process process, Path target, FileChannel held, Deadline deadline) {
        this.process = process;
        this.target = target;
        this.held = held;
        this.said = new LastWords(process.getInputStream());
        this.deadline = deadline;
        this.input = new BufferedOutputStream(new Input(process.getOutputStream()), BUFFER_BYTES);
        Thread.ofVirtual().name("tar2sqfs deadline").start(this::killWhenLate);
    }

    /// Starts it.
    ///
    /// @param program the program: `tar2sqfs`, or a path
    /// @param target the squashfs file, which does not exist
    /// @param deadline when it is killed
    /// @throws StasisException with {@link ErrorCode#PROGRAM_MISSING}
    static SquashfsBuild start(String program, Path target, Deadline deadline) {
        var command = new ArrayList<String>();
        command.add(program);
        command.addAll(OPTIONS);
        command.add(target.toString());
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        var held = createAndHold(target);
        try {
            return new SquashfsBuild(builder.start(), target, held, deadline);
        } catch (IOException e) {
            release(held);
            throw new StasisException(
                    ErrorCode.PROGRAM_MISSING,
                    "The program '%s', which builds root file systems, can't be started: install it with 'apt-get install squashfs-tools-ng'"
                            .formatted(program),
                    e);
        }
    }

    /// Where the tar file is written to. When the program does not take it, that says why: see
    /// {@link #finish()}.
    OutputStream input() {
        return input;
    }

    /// Ends the input and waits for the squashfs file.
    ///
    /// @throws StasisException with {@link ErrorCode#DISK_FULL}, {@link
    ///   ErrorCode#DEADLINE_EXCEEDED} or {@link ErrorCode#IO_FAILED} when it could not be built
    void finish() {
        try {
            input.close();
        } catch (IOException e) {
            throw failure(e);
        }
        awaitEnd();
        if (process.exitValue() != 0) {
            throw failure(null);
        }
    }

    private StasisException failure(@Nullable IOException cause) {
        if (deadline.isPast()) {
            return new StasisException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "tar2sqfs did not finish the root file system within %s and was ended: allow more time, or look what keeps this computer busy"
                            .formatted(deadline.given()),
                    cause);
        }
        awaitEnd(PATIENCE);
        String words = said.text(); // Before the next line, which closes what it is read from.
        process.destroyForcibly();
        awaitEnd();
        if (DiskFull.isSaidBy(words) || isDiskFull()) {
            return new StasisException(
                    ErrorCode.DISK_FULL,
                    "The root file system could not be written to %s: the disk is full; free some space, or choose a home on another disk"
                            .formatted(target),
                    cause);
        }
        return new StasisException(
                ErrorCode.IO_FAILED,
                "tar2sqfs failed with exit code %d and said: %s"
                        .formatted(process.exitValue(), words.isBlank() ? "nothing" : words),
                cause);
    }

    /// Kills it if it still runs, and waits for its end; a second call does nothing.
    @Override
    public void close() {
        process.destroyForcibly();
        awaitEnd();
        release(held);
    }

    /// The program deletes what it could not finish, and says "I/O error" when the disk is full.
    /// While the file is held open its blocks stay taken, so that the disk can be looked at.
    private static FileChannel createAndHold(Path target) {
        try {
            return FileChannel.open(
                    target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw Failures.of("Creating " + target, e);
        }
    }

    private static void release(FileChannel held) {
        try {
            held.close();
        } catch (IOException e) {
            throw Failures.of("Closing the root file system", e);
        }
    }

    private boolean isDiskFull() {
        try {
            var folder = Objects.requireNonNull(target.getParent());
            return Files.getFileStore(folder).getUsableSpace() < FULL_BYTES;
        } catch (IOException e) {
            return false;
        }
    }

    private void killWhenLate() {
        try {
            if (!process.waitFor(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            // Nobody does that.
        }
    }

    private void awaitEnd() {
        process.onExit().join();
    }

    private void awaitEnd(Duration atMost) {
        process.onExit()
                .completeOnTimeout(process, atMost.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    /// The program's input. An error of writing to it only says that the program is gone.
    private final class Input extends FilterOutputStream {
        Input(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] buffer, int from, int length) {
            try {
                out.write(buffer, from, length);
            } catch (IOException e) {
                throw failure(e);
            }
        }

        @Override
        public void close() {
            try {
                out.close();
            } catch (IOException e) {
                throw failure(e);
            }
        }
    }
}
