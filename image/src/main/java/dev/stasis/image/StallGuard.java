package dev.stasis.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// Ends a response in which nothing arrives for too long, by closing it.
final class StallGuard extends FilterInputStream {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Deadline deadline;
    private volatile long movedNanos = System.nanoTime();
    private volatile boolean ended;
    private volatile boolean stalled;

    StallGuard(InputStream in, Deadline deadline) {
        super(in);
        this.deadline = deadline;
        Thread.ofVirtual().name("stall guard").start(this::watch);
    }

    private void watch() {
        while (!ended) {
            LockSupport.parkNanos(LOOK.toNanos());
            boolean late = System.nanoTime() - movedNanos > PATIENCE.toNanos() || deadline.isPast();
            if (late && !ended) {
                stalled = true;
                try {
                    in.close();
                } catch (IOException e) {
                    // The reader is told below.
                }
                return;
            }
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
        try {
            int count = in.read(buffer, from, length);
            if (!stalled) {
                movedNanos = System.nanoTime();
                return count;
            }
        } catch (IOException e) {
            if (!stalled) {
                throw e;
            }
        }
        throw new IOException(
                deadline.isPast()
                        ? "it was not complete within " + deadline.given()
                        : "nothing arrived for " + PATIENCE.toSeconds() + " s");
    }

    @Override
    public void close() throws IOException {
        ended = true;
        super.close();
    }
}
