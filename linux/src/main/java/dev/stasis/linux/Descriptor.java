package dev.stasis.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// An open file of our own: Java does not show the descriptors of its channels.
final class Descriptor implements AutoCloseable {
    static final int READ_ONLY = 0;
    static final int READ_WRITE = 2;
    static final int CREATE = 0x40;
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int OWNER_ONLY = 0600;

    private static final MethodHandle OPEN =
            SystemCall.link(
                    "open",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE =
            SystemCall.link(
                    "close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int number;
    private boolean closed;

    private Descriptor(int number) {
        this.number = number;
    }

    /// One that the kernel has just given us.
    static Descriptor owning(int number) {
        return new Descriptor(number);
    }

    static Descriptor open(Path path, int flags) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = SystemCall.state(arena);
            var name = SystemCall.path(arena, path);
            int number;
            do {
                number = invokeOpen(state, name, flags | CLOSE_ON_EXEC);
            } while (number < 0 && SystemCall.failure("open", "", state).is(Errno.EINTR));
            if (number < 0) {
                var failure = SystemCall.failure("open", path.toString(), state);
                if (failure.is(Errno.ENOENT)) {
                    throw new NoSuchFileException(path.toString());
                }
                throw failure;
            }
            return new Descriptor(number);
        }
    }

    private static int invokeOpen(MemorySegment state, MemorySegment name, int flags) {
        try {
            return (int) OPEN.invokeExact(state, name, flags, OWNER_ONLY);
        } catch (Throwable e) {
            throw SystemCall.unexpected(e);
        }
    }

    int number() {
        return number;
    }

    /// Where the kernel shows what this descriptor really is, whatever became of its path.
    Path inProc() {
        return Path.of("/proc/self/fd/" + number);
    }

    /// Closes it; a second call does nothing. What `close` returns says nothing that a caller could
    /// act on.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try (var arena = Arena.ofConfined()) {
            int ignored = (int) CLOSE.invokeExact(SystemCall.state(arena), number);
        } catch (Throwable e) {
            throw SystemCall.unexpected(e);
        }
    }
}
