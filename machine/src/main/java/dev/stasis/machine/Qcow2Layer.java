package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// One layer of a disk, read: a qcow2 file as QEMU writes it for Stasis, without compression,
/// encryption, snapshots inside or any other feature that an old reader would have to know. What is
/// otherwise is refused, and no place that it names is trusted.
///
/// The disk is in clusters of 64 KiB. An L1 table, one entry for 512 MiB, leads to L2 tables, and
/// these to the clusters:
///
/// ```
/// bit 63     nobody else uses what this leads to
///     62     compressed
///   9-55     where it is in the file; 0 = it is beneath this layer
///      0     (L2 alone) nothing but zeros
/// ```
final class Qcow2Layer implements AutoCloseable {
    static final int CLUSTER_BITS = 16;
    static final int CLUSTER = 1 << CLUSTER_BITS;
    static final int TABLE_ENTRIES = CLUSTER / Long.BYTES;
    static final int MAGIC = 0x514649fb; // "QFI" 0xfb
    static final long COPIED = 1L << 63;
    static final long ZERO = 1;

    private static final int HEADER_BYTES = 104;
    private static final long COMPRESSED = 1L << 62;
    private static final long PLACE = 0x00ff_ffff_ffff_fe00L;
    private static final int LONGEST_NAME = 1023;
    private static final long LARGEST_DISK = 64L << 40;

    private final Path file;
    private final FileChannel channel;
    private long size;
    private long tables;
    private int tableCount;
    private String backingName = "";

    private Qcow2Layer(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /// What a layer says of a cluster of the disk.
    sealed interface Cluster {}

    /// It is beneath this layer.
    record Absent() implements Cluster {}

    /// It is zeros.
    record Zero() implements Cluster {}

    /// It is in this layer's file.
    ///
    /// @param offset where
    record Data(Qcow2Layer layer, long offset) implements Cluster {
        /// Fills a buffer of one cluster; what is beyond the end of the file is zero.
        void read(ByteBuffer target) throws IOException {
            target.clear();
            while (target.hasRemaining()
                    && layer.channel.read(target, offset + target.position()) > 0) {
                // goes on until the cluster is complete or the file ends
            }
            while (target.hasRemaining()) {
                target.put((byte) 0);
            }
            target.flip();
        }
    }

    static Qcow2Layer open(Path file) throws IOException {
        var layer = new Qcow2Layer(file, FileChannel.open(file, StandardOpenOption.READ));
        boolean opened = false;
        try {
            layer.readHeader();
            opened = true;
            return layer;
        } finally {
            if (!opened) {
                layer.close();
            }
        }
    }

    private void readHeader() throws IOException {
        var header = read(0, HEADER_BYTES);
        check(header.getInt(0) == MAGIC && header.getInt(4) == 3, "is no qcow2 file of version 3");
        check(header.getInt(20) == CLUSTER_BITS, "has clusters of another size than 64 KiB");
        check(header.getInt(32) == 0 && header.getInt(60) == 0, "is encrypted or has snapshots");
        check(header.getLong(72) == 0, "was not closed, or has features that are not known here");
        size = header.getLong(24);
        tableCount = header.getInt(36);
        tables = header.getLong(40);
        check(size > 0 && size <= LARGEST_DISK, "says it is a disk of " + size + " bytes");
        check(
                tableCount >= Math.ceilDiv(clusters(size), TABLE_ENTRIES)
                        && tables > 0
                        && tables + (long) tableCount * Long.BYTES <= channel.size(),
                "has no room for its tables");
        long name = header.getLong(8);
        int length = header.getInt(16);
        check(length >= 0 && length <= LONGEST_NAME, "names what it lies on by a long name");
        if (name != 0) {
            backingName = StandardCharsets.UTF_8.decode(read(name, length)).toString();
        }
    }

    /// The size of the disk, in bytes.
    long size() {
        return size;
    }

    /// What it says it lies on.
    String backingName() {
        return backingName;
    }

    /// How many clusters a disk has.
    static long clusters(long size) {
        return Math.ceilDiv(size, (long) CLUSTER);
    }

    /// The first cluster of the next table, after the table that begins with a cluster.
    static long nextTable(long first) {
        return first + TABLE_ENTRIES;
    }

    /// The clusters that one table covers, or fewer at the end of the disk.
    ///
    /// @param first the first one, which begins a table
    List<Cluster> table(long first) throws IOException {
        int count = (int) Math.min(TABLE_ENTRIES, clusters(size) - first);
        long entry = read(tables + first / TABLE_ENTRIES * Long.BYTES, Long.BYTES).getLong(0);
        long place = entry & PLACE;
        if (place == 0) {
            return Collections.nCopies(count, new Absent());
        }
        var entries = read(place, count * Long.BYTES);
        var clusters = new ArrayList<Cluster>(count);
        for (int i = 0; i < count; i++) {
            clusters.add(cluster(entries.getLong(i * Long.BYTES)));
        }
        return clusters;
    }

    private Cluster cluster(long entry) throws IOException {
        check((entry & COMPRESSED) == 0, "has compressed clusters");
        if ((entry & ZERO) != 0) {
            return new Zero();
        }
        long place = entry & PLACE;
        check(place < channel.size(), "has a cluster beyond its end, at " + place);
        return place == 0 ? new Absent() : new Data(this, place);
    }

    private ByteBuffer read(long position, int length) throws IOException {
        check(position >= 0 && position + length <= channel.size(), "ends too early");
        var bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            check(channel.read(bytes, position + bytes.position()) > 0, "ends too early");
        }
        return bytes.flip();
    }

    private void check(boolean fits, String otherwise) {
        if (!fits) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED, "The disk layer " + file + " " + otherwise);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
