package dev.stasis.bench;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// What processors can digest when nothing has to be read.
final class Digesting {
    private static final int CHUNK_BYTES = 256 << 10;
    private static final int CHUNKS = 2000;
    private static final int DIFFERENT = 64;

    private final byte[] bytes = new byte[DIFFERENT * CHUNK_BYTES];

    Digesting() {
        new Random(1).nextBytes(bytes);
    }

    /// Digests memory by SHA-256 in chunks of 256 KiB, on all processors.
    ///
    /// @return how many bytes
    long onAllProcessors() {
        int threads = Runtime.getRuntime().availableProcessors();
        var running = new ArrayList<Future<?>>();
        try (var executor = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                running.add(executor.submit(this::chunks));
            }
        }
        running.forEach(Future::resultNow);
        return (long) threads * CHUNKS * CHUNK_BYTES;
    }

    private void chunks() {
        var algorithm = algorithm();
        for (int i = 0; i < CHUNKS; i++) {
            algorithm.update(bytes, i % DIFFERENT * CHUNK_BYTES, CHUNK_BYTES);
            algorithm.digest();
        }
    }

    private static MessageDigest algorithm() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java has SHA-256", e);
        }
    }
}
