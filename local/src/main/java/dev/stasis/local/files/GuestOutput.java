package dev.stasis.local.files;

import dev.stasis.StasisException;
import dev.stasis.guest.FileReply;
import dev.stasis.guest.FileSession;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Set;

/// A stream into a file of a guest. What is written is in the file at the latest when closing
/// returns; a failure shows at a later write, at {@link #flush()}, or at closing.
final class GuestOutput extends OutputStream {
    private static final int CHUNK_BYTES = 65_536;
    private static final int UNANSWERED = 16;
    private static final long AT_THE_END = -1;

    private final FileSessions.Lease lease;
    private final String path;
    private final boolean append;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private final ArrayDeque<FileReply<FileSession.Done>> sent = new ArrayDeque<>();
    private int filled;
    private long offset;
    private boolean closed;

    /// @param lease closed with this
    /// @param append whether everything goes to the end of the file
    GuestOutput(
            FileSessions.Lease lease,
            String path,
            Set<FileSession.Access> how,
            int permissions,
            boolean append) {
        this.lease = lease;
        this.path = path;
        this.append = append;
        lease.files().open(path, how, permissions).await();
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, bytes.length);
        if (closed) {
            throw new IOException("The stream of " + path + " was closed");
        }
        for (int done = 0; done < length; ) {
            int count = Math.min(length - done, CHUNK_BYTES - filled);
            System.arraycopy(bytes, from + done, chunk, filled, count);
            filled += count;
            done += count;
            if (filled == CHUNK_BYTES) {
                send();
                settle(UNANSWERED);
            }
        }
    }

    @Override
    public void flush() throws IOException {
        if (!closed) {
            send();
            settle(0);
        }
    }

    private void send() throws IOException {
        if (filled == 0) {
            return;
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, filled);
            sent.add(lease.files().write(append ? AT_THE_END : offset, bytes, path));
        } catch (StasisException e) {
            throw lease.failed(e);
        }
        offset += filled;
        filled = 0;
    }

    private void settle(int most) throws IOException {
        try {
            while (sent.size() > most) {
                sent.remove().await();
            }
        } catch (StasisException e) {
            throw lease.failed(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            send();
            settle(0);
            lease.files().closeFile(path).await();
        } catch (StasisException e) {
            throw lease.failed(e);
        } finally {
            lease.close();
        }
    }
}
