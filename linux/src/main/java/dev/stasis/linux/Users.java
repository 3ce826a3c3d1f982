package dev.stasis.linux;

import java.lang.foreign.Arena;

/// Who this process is.
public final class Users {
    private static final SystemCall GETEUID = SystemCall.named("geteuid");

    private Users() {}

    /// The number of the user whose rights this process has.
    public static int effectiveUid() {
        try (var arena = Arena.ofConfined()) {
            return GETEUID.number(SystemCall.state(arena));
        }
    }
}
