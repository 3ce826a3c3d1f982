package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;

/// Boots, and does so once more when it came to nothing by QEMU's fault: about once in some hundred
/// times it crashes under emulation, or its guest stands still and says nothing. What boots has no
/// state that could be lost. See docs/decisions/0053.
final class Booting {
    private static final System.Logger LOG = System.getLogger(Booting.class.getName());
    private static final Duration FIRST = Duration.ofSeconds(90);
    private static final Duration LAST = Duration.ofMinutes(3);

    private Booting() {}

    /// Boots something that nothing comes of but what it changes: see {@link #of}.
    static void run(Consumer<Duration> boot) {
        var _ =
                of(atMost -> {
                    boot.accept(atMost);
                    return atMost;
                });
    }

    /// Boots something.
    ///
    /// @param boot is given how long it may take, and leaves nothing when it fails
    static <T> T of(Function<Duration, T> boot) {
        try {
            return boot.apply(FIRST);
        } catch (StasisException e) {
            if (!(e instanceof CrashedException) && e.code() != ErrorCode.DEADLINE_EXCEEDED) {
                throw e;
            }
            LOG.log(System.Logger.Level.WARNING, e.getMessage() + ". It is booted once more");
            return boot.apply(LAST);
        }
    }
}
