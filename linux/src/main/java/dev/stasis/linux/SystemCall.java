package dev.stasis.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// Links functions of the C library and reads `errno` after them. A class that needs a call holds
/// its handle in a static field of its own, so that nothing is linked before it is needed.
final class SystemCall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO =
            STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private SystemCall() {}

    /// A handle whose first parameter is the segment that {@link #state} made.
    @SuppressWarnings("restricted")
    static MethodHandle link(String name, FunctionDescriptor type, Linker.Option... options) {
        var all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, all);
    }

    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    static SystemCallException failure(String call, String subject, MemorySegment state) {
        return new SystemCallException(call, subject, state.get(ValueLayout.JAVA_INT, ERRNO));
    }

    static MemorySegment path(Arena arena, Path path) {
        return arena.allocateFrom(path.toString());
    }

    /// For the `catch (Throwable)` that `invokeExact` asks for.
    static Error unexpected(Throwable thrown) {
        if (thrown instanceof Error error) {
            return error;
        }
        return new AssertionError("a native call threw", thrown);
    }

    /// `int f(int, int)`, the most frequent type.
    static FunctionDescriptor intOfTwoInts() {
        return FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    }
}
