package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLException;

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

    /// Whether an answer says that another try may go better.
    static boolean isPassing(int status) {
        return status == 429 || status == 408 || status >= 500;
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
            } catch (SSLException e) {
                throw new StasisException(
                        ErrorCode.REGISTRY_FAILED,
                        "%s can't be had, there is no trusted connection to the registry (%s): give the certificate of its authority with --ca, or --plain-http where there is no TLS"
                                .formatted(what, e.getMessage()),
                        e);
            } catch (IOException e) {
                pause(e);
            }
        }
    }

    private static String problem(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof ConnectException && (e.getMessage() == null || message.isBlank())) {
            return e.getCause() instanceof UnresolvedAddressException
                    ? "there is no host of that name"
                    : "nothing answers there";
        }
        if (message.equals("closed")) {
            return "the connection was closed";
        }
        return e.getMessage() == null || message.isBlank() ? e.getClass().getSimpleName() : message;
    }

    private void pause(IOException e) {
        if (DiskFull.is(e)) {
            throw Failures.of("Getting " + what, e);
        }
        String problem = problem(e);
        failures++;
        var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, MOST));
        if (e instanceof Later later && later.atLeast().compareTo(pause) > 0) {
            pause = later.atLeast();
        }
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        boolean late = pause.compareTo(deadline.left()) >= 0;
        if (failures >= MOST || late) {
            throw new StasisException(
                    late ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.REGISTRY_FAILED,
                    "%s can't be had within %s, after %d tries the last of which failed with: %s; look whether the registry can be reached from here (a registry without TLS needs --plain-http), and try again: what arrived is kept"
                            .formatted(what, deadline.given(), failures, RawText.shown(problem)),
                    e);
        }
        LOG.log(System.Logger.Level.INFO, "{0}: {1}; trying again", what, problem);
        long nanos = pause.toNanos();
        LockSupport.parkNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2));
    }
}
