package dev.stasis.machine;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/// Writes a disk layer with data, from its beginning to its end. It is one only after {@link
/// #finish}.
///
/// ```
/// header | L1 table | L2 tables and clusters as they come | refcount blocks | refcount table
/// ```
final class Qcow2Writer implements AutoCloseable {
    private static final int CLUSTER = Qcow2Layer.CLUSTER;
    private static final int COUNTS_IN_BLOCK = CLUSTER / Short.BYTES;

    private final FileChannel channel;
    private final String backingName;
    private final long size;
    private final ByteBuffer l1;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CLUSTER);
    private long next;

    private Qcow2Writer(FileChannel channel, String backingName, long size) {
        this.channel = channel;
        this.backingName = backingName;
        this.size = size;
        this.l1 = ByteBuffer.allocate(Qcow2Overlay.l1Clusters(size) * CLUSTER);
        this.next = 1L + Qcow2Overlay.l1Clusters(size);
    }

    /// @param file must not exist; gets mode 0600
    static Qcow2Writer create(Path file, String backingName, long size) throws IOException {
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        var channel = FileChannel.open(file, Set.of(StandardOpenOption.WRITE));
        return new Qcow2Writer(channel, backingName, size);
    }

    /// Writes the clusters of one table.
    ///
    /// @param first the number of the first one
    void table(long first, List<Qcow2Layer.Cluster> clusters) throws IOException {
        if (clusters.stream().allMatch(Qcow2Layer.Absent.class::isInstance)) {
            return;
        }
        long place = take();
        var table = ByteBuffer.allocate(CLUSTER);
        for (int i = 0; i < clusters.size(); i++) {
            table.putLong(i * Long.BYTES, entry(clusters.get(i)));
        }
        Qcow2Overlay.write(channel, place, table);
        l1.putLong(
                (int) (first / Qcow2Layer.TABLE_ENTRIES) * Long.BYTES, place | Qcow2Layer.COPIED);
    }

    private long entry(Qcow2Layer.Cluster cluster) throws IOException {
        return switch (cluster) {
            case Qcow2Layer.Absent _ -> 0;
            case Qcow2Layer.Zero _ -> Qcow2Layer.ZERO;
            case Qcow2Layer.Data data -> {
                data.read(buffer);
                if (isZero(buffer)) {
                    yield Qcow2Layer.ZERO;
                }
                long place = take();
                Qcow2Overlay.write(channel, place, buffer);
                yield place | Qcow2Layer.COPIED;
            }
        };
    }

    private static boolean isZero(ByteBuffer cluster) {
        var bytes = MemorySegment.ofBuffer(cluster);
        int pages = CLUSTER / Pages.SIZE;
        return Pages.firstNotZero(bytes, 0, pages) == pages;
    }

    private long take() {
        return next++ * CLUSTER;
    }

    /// Writes what makes a layer of it.
    void finish() throws IOException {
        long used = next + 1; // with the table
        int blocks = 1;
        while ((long) blocks * COUNTS_IN_BLOCK < used + blocks) {
            blocks++;
        }
        var table = ByteBuffer.allocate(CLUSTER);
        long left = used + blocks;
        for (int i = 0; i < blocks; i++) {
            var counts = ByteBuffer.allocate(CLUSTER);
            for (int n = 0; n < Math.min(left, COUNTS_IN_BLOCK); n++) {
                counts.putShort(n * Short.BYTES, (short) 1);
            }
            left -= COUNTS_IN_BLOCK;
            long place = take();
            Qcow2Overlay.write(channel, place, counts);
            table.putLong(i * Long.BYTES, place);
        }
        long counted = take();
        Qcow2Overlay.write(channel, counted, table);
        Qcow2Overlay.write(channel, CLUSTER, l1.clear());
        Qcow2Overlay.write(channel, 0, Qcow2Overlay.header(backingName, size, 1, counted));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
