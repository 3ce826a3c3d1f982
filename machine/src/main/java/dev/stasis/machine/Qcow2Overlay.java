package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Writes empty qcow2 overlays and reads the few things of a qcow2 header that are needed, without
/// another program.
///
/// An empty overlay is these clusters of 64 KiB, sparse, big-endian:
///
/// ```
/// cluster  0  header (version 3, 104 bytes), the extension that names the backing format, the
///             backing file's name
///          1  refcount table: one entry, cluster 2
///          2  refcount block: a 16-bit 1 for every cluster of this file
///          3… L1 table: all zero, 8 bytes for each 512 MiB of the disk
/// ```
public final class Qcow2Overlay {
    private static final int MAGIC = Qcow2Layer.MAGIC;
    private static final int VERSION = 3;
    private static final int HEADER_BYTES = 104;
    private static final int CLUSTER_BITS = Qcow2Layer.CLUSTER_BITS;
    private static final int CLUSTER = Qcow2Layer.CLUSTER;
    private static final int REFCOUNT_ORDER = 4;
    private static final int BACKING_FORMAT = 0xe2792aca;
    private static final long L1_ENTRY_COVERS = (long) CLUSTER * (CLUSTER / Long.BYTES);
    private static final int REFCOUNT_TABLE_CLUSTER = 1;
    private static final int REFCOUNT_BLOCK_CLUSTER = 2;
    private static final int L1_CLUSTER = 3;
    private static final int LONGEST_NAME = 1023;
    private static final long LARGEST_DISK = 64L << 40;
    private static final int SECTOR = 512;
    private static final byte[] QCOW2 = "qcow2".getBytes(StandardCharsets.US_ASCII);

    private Qcow2Overlay() {}

    /// Writes an overlay that shows what its backing file holds. It is not synced.
    ///
    /// @param file must not exist; gets mode 0600
    /// @param backingName a qcow2 file; a relative name is looked up beside the overlay
    /// @param virtualSize the size of the disk: that of the backing file, or more
    public static void create(Path file, String backingName, ByteSize virtualSize)
            throws IOException {
        var name = backingName.getBytes(StandardCharsets.UTF_8);
        check(name.length > 0 && name.length <= LONGEST_NAME, "backing file name", backingName);
        long size = virtualSize.bytes();
        check(size > 0 && size <= LARGEST_DISK && size % SECTOR == 0, "size", virtualSize);
        int clusters = L1_CLUSTER + l1Clusters(size);

        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (var channel = FileChannel.open(file, Set.of(StandardOpenOption.WRITE))) {
            write(
                    channel,
                    0,
                    header(backingName, size, L1_CLUSTER, (long) REFCOUNT_TABLE_CLUSTER * CLUSTER));
            write(
                    channel,
                    (long) REFCOUNT_TABLE_CLUSTER * CLUSTER,
                    ByteBuffer.allocate(Long.BYTES)
                            .putLong(0, (long) REFCOUNT_BLOCK_CLUSTER * CLUSTER));
            var counts = ByteBuffer.allocate(clusters * Short.BYTES);
            for (int i = 0; i < clusters; i++) {
                counts.putShort(i * Short.BYTES, (short) 1);
            }
            write(channel, (long) REFCOUNT_BLOCK_CLUSTER * CLUSTER, counts);
            write(channel, (long) clusters * CLUSTER - 1, ByteBuffer.allocate(1));
        }
    }

    /// The size of the disk that a qcow2 file is.
    public static ByteSize virtualSize(Path file) throws IOException {
        var header = ByteBuffer.allocate(HEADER_BYTES);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (header.hasRemaining() && channel.read(header) > 0) {
                // goes on until the header is complete or the file ends
            }
        }
        if (header.hasRemaining() || header.getInt(0) != MAGIC || header.getLong(24) <= 0) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, file + " is no qcow2 disk: its header is not one");
        }
        return new ByteSize(header.getLong(24));
    }

    private static int l1Entries(long size) {
        return Math.toIntExact(Math.ceilDiv(size, L1_ENTRY_COVERS));
    }

    /// How many clusters the L1 table of a disk takes.
    static int l1Clusters(long size) {
        return Math.ceilDiv(l1Entries(size) * Long.BYTES, CLUSTER);
    }

    /// The header of a layer.
    ///
    /// @param backingName what it lies on; empty = nothing
    /// @param l1Cluster where its L1 table is
    /// @param refcounts where its refcount table of one cluster is, in bytes
    static ByteBuffer header(String backingName, long size, int l1Cluster, long refcounts) {
        var name = backingName.getBytes(StandardCharsets.UTF_8);
        int extension = HEADER_BYTES;
        int end = extension + 8 + 8; // "qcow2" padded to 8
        int nameOffset = end + 8;
        var header = ByteBuffer.allocate(nameOffset + name.length);
        header.putInt(MAGIC).putInt(VERSION);
        header.putLong(name.length == 0 ? 0 : nameOffset).putInt(name.length);
        header.putInt(CLUSTER_BITS).putLong(size).putInt(0); // no encryption
        header.putInt(l1Entries(size)).putLong((long) l1Cluster * CLUSTER);
        header.putLong(refcounts).putInt(1);
        header.putInt(0).putLong(0); // no internal snapshots
        header.putLong(0).putLong(0).putLong(0); // no feature bits
        header.putInt(REFCOUNT_ORDER).putInt(HEADER_BYTES);
        if (name.length > 0) {
            header.position(extension).putInt(BACKING_FORMAT).putInt(QCOW2.length).put(QCOW2);
        }
        header.position(nameOffset).put(name);
        return header.clear();
    }

    static void write(FileChannel channel, long position, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes, position + bytes.position());
        }
    }

    private static void check(boolean fits, String what, Object found) {
        if (!fits) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "A disk overlay can't have the " + what + " '" + found + "'");
        }
    }
}
