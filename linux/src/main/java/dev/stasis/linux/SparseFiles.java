package dev.stasis.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/// Files with holes.
public final class SparseFiles {
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final long FICLONE = 0x40049409L;

    private static final SystemCall LSEEK = SystemCall.named("lseek");
    private static final SystemCall IOCTL = SystemCall.named("ioctl");

    private SparseFiles() {}

    /// Makes a file that is one hole, readable and writable by its owner alone.
    ///
    /// @param file must not exist
    /// @param bytes its size
    public static void create(Path file, long bytes) throws IOException {
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (var open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(bytes);
        }
    }

    /// Where the data of a file is, from its beginning to its end. On a file system that knows no
    /// holes that is one range.
    public static List<DataRange> dataRanges(Path file) throws IOException {
        var ranges = new ArrayList<DataRange>();
        try (var descriptor = Descriptor.open(file, Descriptor.READ_ONLY);
                var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            for (long at = 0; ; ) {
                long data = seek(descriptor, file, at, SEEK_DATA, state);
                if (data < 0) {
                    return ranges;
                }
                long hole = seek(descriptor, file, data, SEEK_HOLE, state);
                if (hole < 0) {
                    return ranges;
                }
                ranges.add(new DataRange(data, hole - data));
                at = hole;
            }
        }
    }

    /// How many bytes of a file are data.
    public static long dataBytes(Path file) throws IOException {
        return dataRanges(file).stream().mapToLong(DataRange::length).sum();
    }

    /// Copies a file with its holes: by sharing the blocks where the file system can, else by
    /// copying what is data. A failed copy leaves no target.
    ///
    /// @param source not written to meanwhile
    /// @param target must not exist; gets mode 0600
    public static void copy(Path source, Path target) throws IOException {
        create(target, 0);
        boolean done = false;
        try {
            if (!share(source, target)) {
                copyData(source, target);
            }
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(target);
            }
        }
    }

    private static void copyData(Path source, Path target) throws IOException {
        try (var length = new RandomAccessFile(target.toFile(), "rw")) {
            length.setLength(Files.size(source));
        }
        try (var from = FileChannel.open(source, StandardOpenOption.READ);
                var to = FileChannel.open(target, StandardOpenOption.WRITE)) {
            for (var range : dataRanges(source)) {
                copyRange(from, to, range);
            }
        }
    }

    /// Copies a range to the same place in another file, inside the kernel; file systems that can
    /// share blocks do so.
    ///
    /// @param from open for reading, at least as long as the range's end
    /// @param to open for writing; its position is moved
    public static void copyRange(FileChannel from, FileChannel to, DataRange range)
            throws IOException {
        to.position(range.offset());
        for (long at = range.offset(); at < range.end(); ) {
            long copied = from.transferTo(at, range.end() - at, to);
            if (copied <= 0) {
                throw new IOException("the source ended at " + at + " of " + range.end());
            }
            at += copied;
        }
    }

    /// Makes the target share the source's blocks. Whether it can is known by trying.
    private static boolean share(Path source, Path target) throws IOException {
        try (var from = Descriptor.open(source, Descriptor.READ_ONLY);
                var to = Descriptor.open(target, Descriptor.READ_WRITE);
                var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            return IOCTL.number(state, to.number(), FICLONE, from.number()) == 0;
        }
    }

    /// The offset found, or -1 after the last data.
    private static long seek(
            Descriptor descriptor, Path file, long offset, int whence, MemorySegment state)
            throws SystemCallException {
        long found = LSEEK.word(state, descriptor.number(), offset, whence);
        if (found >= 0) {
            return found;
        }
        var failure = SystemCall.failure("lseek", file.toString(), state);
        if (failure.is(Errno.ENXIO)) {
            return -1;
        }
        throw failure;
    }
}
