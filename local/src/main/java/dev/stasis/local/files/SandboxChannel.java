package dev.stasis.local.files;

import dev.stasis.StasisException;
import dev.stasis.guest.FileSession;
import dev.stasis.guest.FileSession.Access;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.util.Set;
import java.util.function.Supplier;

/// An open file of a sandbox. Thread-safe; one call at a time goes on.
final class SandboxChannel implements SeekableByteChannel {
    private final FileSessions.Lease lease;
    private final String path;
    private final Set<Access> how;
    private final boolean append;
    private final boolean removed;
    private long position;
    private boolean open = true;

    /// @param lease closed with this
    SandboxChannel(
            FileSessions.Lease lease,
            String path,
            Set<Access> how,
            int permissions,
            Ending ending) {
        this.lease = lease;
        this.path = path;
        this.how = how;
        this.append = ending.append();
        this.removed = ending.removed();
        lease.files().open(path, how, permissions).await();
    }

    /// @param append whether everything goes to the end of the file
    /// @param removed whether the file is removed when the channel is closed
    record Ending(boolean append, boolean removed) {}

    private <T> T io(Supplier<T> work) throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        return NioFailures.io(
                path,
                () -> {
                    try {
                        return work.get();
                    } catch (StasisException e) {
                        throw lease.explained(e);
                    }
                });
    }

    @Override
    public synchronized int read(ByteBuffer to) throws IOException {
        if (!how.contains(Access.READ)) {
            throw new NonReadableChannelException();
        }
        int count = Math.min(to.remaining(), FileSession.MAX_CHUNK_BYTES);
        byte[] bytes = io(() -> lease.files().read(position, count, path).await());
        to.put(bytes);
        position += bytes.length;
        return bytes.length == 0 && count > 0 ? -1 : bytes.length;
    }

    @Override
    public synchronized int write(ByteBuffer from) throws IOException {
        if (!how.contains(Access.WRITE)) {
            throw new NonWritableChannelException();
        }
        int total = from.remaining();
        while (from.hasRemaining()) {
            int count = Math.min(from.remaining(), FileSession.MAX_CHUNK_BYTES);
            ByteBuffer part = from.slice(from.position(), count);
            var _ = io(() -> lease.files().write(append ? -1 : position, part, path).await());
            from.position(from.position() + count);
            position += count;
        }
        return total;
    }

    @Override
    public synchronized long position() throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        return position;
    }

    @Override
    public synchronized SeekableByteChannel position(long wanted) throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        if (wanted < 0) {
            throw new IllegalArgumentException("position " + wanted);
        }
        position = wanted;
        return this;
    }

    @Override
    public synchronized long size() throws IOException {
        return io(() -> lease.files().statOpen(path).await().size());
    }

    @Override
    public synchronized SeekableByteChannel truncate(long size) throws IOException {
        if (!how.contains(Access.WRITE)) {
            throw new NonWritableChannelException();
        }
        if (size < size()) {
            var _ = io(() -> lease.files().truncate(size, path).await());
        }
        position = Math.min(position, size);
        return this;
    }

    @Override
    public synchronized boolean isOpen() {
        return open;
    }

    @Override
    public synchronized void close() throws IOException {
        if (!open) {
            return;
        }
        try {
            var _ = io(() -> lease.files().closeFile(path).await());
            if (removed) {
                var _ = io(() -> lease.files().remove(path, FileSession.Mode.STRICT).await());
            }
        } finally {
            open = false;
            lease.close();
        }
    }
}
