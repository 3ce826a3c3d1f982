package dev.stasis.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A function of the C library, and `errno` after it. A class that needs one holds it in a static
/// field of its own, so that nothing is looked up before it is needed.
///
/// All of them are called as `long f(long, long, long, long, long, long)`. Java makes some ten
/// classes for each type of function, which takes longer than all calls of a short command; one
/// type serves because on x86-64 and aarch64 the first six whole numbers and pointers travel in
/// registers: a function reads as many of them, and as much of each, as it declares.
final class SystemCall {
    private static final int WORDS = 6;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final int ERRNO =
            (int) STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle CALL = link();

    private final MemorySegment function;

    private SystemCall(MemorySegment function) {
        this.function = function;
    }

    /// The function of this name. It takes at most six whole numbers and pointers, and what it
    /// returns is one or nothing.
    static SystemCall named(String name) {
        return new SystemCall(LINKER.defaultLookup().findOrThrow(name));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle link() {
        var word = ValueLayout.JAVA_LONG;
        var type = FunctionDescriptor.of(word, word, word, word, word, word, word);
        // Variadic ones want to be told on x86-64 that no argument is a fraction; others don't
        // mind.
        return LINKER.downcallHandle(
                type, Linker.Option.firstVariadicArg(1), Linker.Option.captureCallState("errno"));
    }

    /// Calls it.
    ///
    /// @param state of {@link #state}; gets what {@link #failure} reads
    /// @param words the arguments; pointers as addresses of what outlives the call
    /// @return what it returned; where that is an `int`, only {@link #number} has the right value
    long word(MemorySegment state, long... words) {
        try {
            return (long)
                    CALL.invokeExact(
                            function,
                            state,
                            at(words, 0),
                            at(words, 1),
                            at(words, 2),
                            at(words, 3),
                            at(words, 4),
                            at(words, WORDS - 1));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Calls one that returns an `int`: the other half of that register may hold anything.
    int number(MemorySegment state, long... words) {
        return (int) word(state, words);
    }

    private static long at(long[] words, int index) {
        return index < words.length ? words[index] : 0;
    }

    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    static SystemCallException failure(String call, String subject, MemorySegment state) {
        // Not by the segment's own way, for which Java makes code anew in each process.
        var bytes = state.asByteBuffer().order(ByteOrder.nativeOrder());
        return new SystemCallException(call, subject, bytes.getInt(ERRNO));
    }

    static MemorySegment path(Arena arena, Path path) {
        // Not by the arena's own way, for which Java makes code anew in each process.
        var bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        var text = arena.allocate(bytes.length + 1L); // zeros
        text.asByteBuffer().put(bytes);
        return text;
    }

    /// For the `catch (Throwable)` that `invokeExact` asks for.
    private static Error unexpected(Throwable thrown) {
        if (thrown instanceof Error error) {
            return error;
        }
        return new AssertionError("a native call threw", thrown);
    }
}
