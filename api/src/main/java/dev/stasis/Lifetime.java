package dev.stasis;

import java.time.Duration;
import java.util.Optional;

/// How long a sandbox's machine may live. It is ended by a process of its own beside the machine,
/// so neither can be forgotten when the process that made it is gone; the guest's processes are
/// asked first, as by {@link Sandbox#stop()}, and its disk is kept.
///
/// @param idle it ends when nobody outside has used it for this long: no command, file, terminal,
///   capture or connection at a published port. A command in the background counts while somebody
///   is attached to it. It ends up to an eighth of that time later, and at most 10 s
/// @param longest it ends this long after it was made or started, used or not
public record Lifetime(Optional<Duration> idle, Optional<Duration> longest) {
    /// Until it is stopped or removed.
    public static final Lifetime UNLIMITED = new Lifetime(Optional.empty(), Optional.empty());

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofDays(3650);

    /// Checks.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} for what is shorter than a
    ///   second or longer than ten years
    public Lifetime {
        idle.ifPresent(time -> check("An idle timeout", time));
        longest.ifPresent(time -> check("A maximal duration", time));
    }

    private static void check(String what, Duration time) {
        if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s of %s is not possible: give one second to ten years".formatted(what, time));
        }
    }
}
