package dev.stasis.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Who this process is.
public final class Users {
    private static final MethodHandle GETEUID =
            SystemCall.link("geteuid", FunctionDescriptor.of(ValueLayout.JAVA_INT));

    private Users() {}

    /// The number of the user whose rights this process has.
    public static int effectiveUid() {
        try (var arena = Arena.ofConfined()) {
            return (int) GETEUID.invokeExact(SystemCall.state(arena));
        } catch (Throwable e) {
            throw SystemCall.unexpected(e);
        }
    }
}
