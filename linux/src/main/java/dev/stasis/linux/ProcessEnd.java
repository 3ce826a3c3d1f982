package dev.stasis.linux;

import java.lang.foreign.Arena;

/// The end of this process. Java's own waits up to 300 ms for threads that are in native calls,
/// such as one that waits for a child process that lives on.
public final class ProcessEnd {
    private static final SystemCall EXIT = SystemCall.named("_exit");

    private ProcessEnd() {}

    /// Ends this process at once: no shutdown hook runs, and no stream is flushed.
    ///
    /// @param code its exit code
    public static void now(int code) {
        try (var arena = Arena.ofConfined()) {
            EXIT.word(SystemCall.state(arena), code);
        }
    }
}
