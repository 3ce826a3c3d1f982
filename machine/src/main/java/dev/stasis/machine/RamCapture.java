package dev.stasis.machine;

import dev.stasis.linux.FileSpace;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/// Writes a block of the memory of a machine that stands still to disk.
///
/// The pages that the machine has written are known ({@link GuestMemory#written}). Without a base
/// they are all that differs from zero. With one they are read and compared with it, for a machine
/// keeps every page it ever wrote: what differs is the delta. When the delta gets large, reading on
/// is given up and a flat image is written, from the written pages and what the base has besides.
///
/// What a machine has not written is as in what it was restored from, and so as in each image that
/// was captured from it since: any of these can be the base, however either is held.
final class RamCapture {
    private final GuestMemory memory;
    private final MemoryBlock block;
    private final Path folder;
    private final boolean readOnly;

    /// Prepares a capture.
    ///
    /// @param block which memory it is
    /// @param folder where the image is written
    /// @param readOnly whether the QEMU that maps it can do with a file that it can't write
    RamCapture(GuestMemory memory, MemoryBlock block, Path folder, boolean readOnly) {
        this.memory = memory;
        this.block = block;
        this.folder = folder;
        this.readOnly = readOnly;
    }

    /// Writes the image; a failure leaves no file.
    ///
    /// @param base what was last captured from this machine, or else what it was restored from, or
    ///   null when it was booted and never captured
    RamImage write(@Nullable RamReference base) throws IOException {
        var written = memory.written();
        if (base == null) {
            return writeFlat(written, null);
        }
        var changes = new RamChanges(memory, base);
        changes.find(written);
        return write(base, changes);
    }

    /// Writes the image when it is known what differs from the base; a failure leaves no file.
    RamImage write(RamReference base, RamChanges changes) throws IOException {
        return changes.tooMany()
                ? writeFlat(memory.written(), base)
                : writeDelta(base.image(), changes);
    }

    private RamImage writeDelta(RamImage base, RamChanges changes) throws IOException {
        var file = folder.resolve(RamImage.Delta.nameOf(block.name()));
        create(
                file,
                0,
                channel -> {
                    var runs = changes.runs();
                    try (var space = FileSpace.of(file)) {
                        space.reserve(0, RamDelta.bytes(runs));
                    }
                    RamDelta.write(channel, block.size(), runs, memory::read);
                });
        return new RamImage.Delta(file, base);
    }

    private RamImage writeFlat(BitSet pages, @Nullable RamReference base) throws IOException {
        var file = folder.resolve(RamImage.Flat.nameOf(block.name()));
        create(
                file,
                block.size().bytes(),
                channel -> {
                    writeNotZero(memory, pages, file, channel);
                    if (base != null) {
                        base.copyRest(pages, channel);
                    }
                });
        return new RamImage.Flat(file, block.size());
    }

    /// Writes the pages that are not zero, from several threads, into a file of holes.
    static void writeNotZero(GuestMemory memory, BitSet pages, Path file, FileChannel channel)
            throws IOException {
        try (var space = FileSpace.of(file)) {
            new PageWorkers(memory, pages).run(new FlatWriter(channel, space, pages)::write);
        }
    }

    /// Lets a file that is complete be written no more, where that can be.
    static void seal(Path file, boolean readOnly) throws IOException {
        if (readOnly) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
        }
    }

    @FunctionalInterface
    private interface Content {
        void write(FileChannel channel) throws IOException;
    }

    private void create(Path file, long length, Content content) throws IOException {
        SparseFiles.create(file, length);
        boolean done = false;
        try {
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                content.write(channel);
            }
            seal(file, readOnly);
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(file);
            }
        }
    }
}
