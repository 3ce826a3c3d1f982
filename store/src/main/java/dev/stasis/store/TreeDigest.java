package dev.stasis.store;

import dev.stasis.linux.DataRange;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/// The digest of a file's content by chunks of 256 KiB, the last one shorter: the SHA-256 of the
/// line `stasis-tree 1 <size>` in ASCII with its newline, followed by the SHA-256 of each chunk in
/// order. It depends on the content alone: a hole counts as the zeros that it reads as, and need
/// not be read, since what a chunk of zeros has for a digest is known.
final class TreeDigest {
    static final int CHUNK_BYTES = 256 << 10;

    private static final int DIGEST_BYTES = 32;
    private static final int MOST_THREADS = 4;

    private final Path file;
    private final LongConsumer progress;

    private TreeDigest(Path file, LongConsumer progress) {
        this.file = file;
        this.progress = progress;
    }

    /// The digest of a file, in hexadecimal.
    static String of(Path file, LongConsumer progress) throws IOException {
        return new TreeDigest(file, progress).compute();
    }

    /// What stands before the digests of the chunks.
    static byte[] firstLine(long size) {
        return ("stasis-tree 1 " + size + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /// The plain SHA-256 of a file, in hexadecimal.
    static String plain(Path file, LongConsumer progress) throws IOException {
        var digest = Digests.algorithm();
        byte[] buffer = new byte[CHUNK_BYTES];
        try (var channel = open(file)) {
            for (int read; (read = channel.read(ByteBuffer.wrap(buffer))) >= 0; ) {
                digest.update(buffer, 0, read);
                progress.accept(read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private String compute() throws IOException {
        try (var channel = open(file)) {
            long size = channel.size();
            int chunks = Math.toIntExact((size + CHUNK_BYTES - 1) / CHUNK_BYTES);
            byte[] digests = new byte[Math.multiplyExact(chunks, DIGEST_BYTES)];
            var data = chunksWithData(chunks);
            fillZeros(digests, data, size);
            int threads =
                    Math.min(
                            Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()),
                            (data.cardinality() + 3) / 4);
            var next = new AtomicInteger();
            if (threads < 2) {
                digest(channel, size, data, next, digests);
            } else {
                inParallel(threads, () -> digest(channel, size, data, next, digests));
            }
            var root = Digests.algorithm();
            root.update(firstLine(size));
            root.update(digests);
            return HexFormat.of().formatHex(root.digest());
        }
    }

    private BitSet chunksWithData(int chunks) throws IOException {
        var data = new BitSet(chunks);
        for (DataRange range : SparseFiles.dataRanges(file)) {
            int first = (int) Math.min(chunks, range.offset() / CHUNK_BYTES);
            long last = (range.end() + CHUNK_BYTES - 1) / CHUNK_BYTES;
            data.set(first, (int) Math.min(chunks, last));
        }
        return data;
    }

    private static void fillZeros(byte[] digests, BitSet data, long size) {
        byte[] whole = null;
        int chunks = digests.length / DIGEST_BYTES;
        for (int i = data.nextClearBit(0); i < chunks; i = data.nextClearBit(i + 1)) {
            int length = length(i, size);
            if (length < CHUNK_BYTES) {
                copy(Digests.sha256(new byte[length]), digests, i);
            } else {
                whole = whole == null ? Digests.sha256(new byte[length]) : whole;
                copy(whole, digests, i);
            }
        }
    }

    private static void copy(byte[] digest, byte[] digests, int chunk) {
        System.arraycopy(digest, 0, digests, chunk * DIGEST_BYTES, DIGEST_BYTES);
    }

    private static int length(int chunk, long size) {
        return (int) Math.min(CHUNK_BYTES, size - (long) chunk * CHUNK_BYTES);
    }

    /// Digests chunks until none is left. Each is digested by one thread.
    private Void digest(
            FileChannel channel, long size, BitSet data, AtomicInteger next, byte[] digests)
            throws IOException {
        MessageDigest algorithm = Digests.algorithm();
        byte[] buffer = new byte[CHUNK_BYTES];
        int chunks = digests.length / DIGEST_BYTES;
        for (int i; (i = next.getAndIncrement()) < chunks; ) {
            if (data.get(i)) {
                int length = length(i, size);
                read(channel, (long) i * CHUNK_BYTES, ByteBuffer.wrap(buffer, 0, length));
                algorithm.update(buffer, 0, length);
                copy(algorithm.digest(), digests, i);
                progress.accept(length);
            }
        }
        return null;
    }

    private void read(FileChannel channel, long offset, ByteBuffer chunk) throws IOException {
        while (chunk.hasRemaining()) {
            if (channel.read(chunk, offset + chunk.position()) < 0) {
                throw new IOException(file + " became shorter while it was read");
            }
        }
    }

    /// On threads of its own, since it keeps processors busy.
    private static void inParallel(int threads, Callable<Void> work) throws IOException {
        var running = new ArrayList<Future<Void>>();
        try (var executor = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                running.add(executor.submit(work));
            }
        }
        for (Future<Void> each : running) {
            try {
                each.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException failed) {
                    throw failed;
                }
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while a digest was computed", e);
            }
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }
}
