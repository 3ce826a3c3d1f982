package dev.stasis.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// What a program says, as far as it is worth keeping. It is read all the time, so that the program
/// never waits, and kept in memory, since the disk may be what it complains about.
final class LastWords {
    private static final int KEPT_BYTES = 2000;
    private static final int BUFFER_BYTES = 4096;
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final CountDownLatch ended = new CountDownLatch(1);

    LastWords(InputStream output) {
        Thread.ofPlatform().daemon().name("tar2sqfs output").start(() -> read(output));
    }

    /// All of it in one line, when the program has ended; what there is when it does not end soon.
    String text() {
        try {
            ended.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (kept) {
            String line = RawText.of(kept.toByteArray()).strip().replace('\n', ' ');
            return RawText.shown(line, KEPT_BYTES);
        }
    }

    private void read(InputStream output) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (output) {
            for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
                keep(buffer, count);
            }
        } catch (IOException e) {
            // It was killed: what it said until then is all there is.
        } finally {
            ended.countDown();
        }
    }

    private void keep(byte[] buffer, int count) {
        synchronized (kept) {
            kept.write(buffer, 0, Math.min(count, KEPT_BYTES - kept.size()));
        }
    }
}
