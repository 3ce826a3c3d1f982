package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLHandshakeException;

/// Tries something at a registry again when it fails in a way that may pass, after pauses that get
/// longer.
final class Retrying {
    private static final System.Logger LOG = System.getLogger(Retrying.class.getName());
    private static final int MOST = 6;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final String what;
    private final Deadline deadline;
    private int failures;
    private long most;

    /// @param what what is got, for messages
    Retrying(String what, Deadline deadline) {
        this.what = what;
        this.deadline = deadline;
    }

    /// Something that may fail.
    interface Attempt<T> {
        T get() throws IOException;
    }

    /// An answer that says: not now.
    static final class Later extends IOException {
        private static final long serialVersionUID = 1;
        private final transient Optional<String> after;

        Later(String message, Optional<String> after) {
            super(message);
            this.after = after;
        }

        /// How long to wait at least, as the registry says.
        Duration atLeast() {
            try {
                return Duration.ofSeconds(after.map(Long::parseLong).orElse(0L));
            } catch (NumberFormatException e) {
                return Duration.ZERO;
            }
        }
    }

    /// So much of it is there. While it becomes more, what failed before counts no more.
    void reached(long bytes) {
        if (bytes > most) {
            failures = most > 0 ? 0 : failures;
            most = bytes;
        }
    }

    /// Tries until it goes well.
    ///
    /// @throws StasisException with {@link ErrorCode#REGISTRY_FAILED} when it does not
    <T> T call(Attempt<T> attempt) {
        while (true) {
            try {
                return attempt.get();
            } catch (SSLHandshakeException e) {
                throw new StasisException(
                        ErrorCode.REGISTRY_FAILED,
                        "%s can't be had, the registry's certificate is not trusted (%s): give the certificate of its authority with --ca, or --plain-http where there is no TLS"
                                .formatted(what, e.getMessage()),
                        e);
            } catch (IOException e) {
                pause(e);
            }
        }
    }

    private void pause(IOException e) {
        if (Failures.isFull(String.valueOf(e.getMessage()))) {
            throw Failures.of("Getting " + what, e);
        }
        String problem =
                e.getMessage() == null || e.getMessage().isBlank()
                        ? e.getClass().getSimpleName()
                        : e.getMessage();
        failures++;
        var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, MOST));
        if (e instanceof Later later && later.atLeast().compareTo(pause) > 0) {
            pause = later.atLeast();
        }
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        if (failures >= MOST || pause.compareTo(deadline.left()) >= 0) {
            throw new StasisException(
                    ErrorCode.REGISTRY_FAILED,
                    "%s can't be had, after %d tries the last of which failed with: %s; look whether the registry can be reached from here (a registry without TLS needs --plain-http), and try again: what arrived is kept"
                            .formatted(what, failures, RawText.shown(problem)),
                    e);
        }
        LOG.log(System.Logger.Level.INFO, "{0}: {1}; trying again", what, problem);
        long nanos = pause.toNanos();
        LockSupport.parkNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2));
    }
}
