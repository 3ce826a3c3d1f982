package dev.stasis.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// An open file of our own: Java does not show the descriptors of its channels.
final class Descriptor implements AutoCloseable {
    static final int READ_ONLY = 0;
    static final int READ_WRITE = 2;
    static final int CREATE = 0x40;
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int OWNER_ONLY = 0600;

    private static final SystemCall OPEN = SystemCall.named("open");
    private static final SystemCall CLOSE = SystemCall.named("close");

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
                number = OPEN.number(state, name.address(), flags | CLOSE_ON_EXEC, OWNER_ONLY);
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
            CLOSE.number(SystemCall.state(arena), number);
        }
    }
}
