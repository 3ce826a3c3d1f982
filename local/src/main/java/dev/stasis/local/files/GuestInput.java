package dev.stasis.local.files;

import dev.stasis.StasisException;
import dev.stasis.guest.FileReply;
import dev.stasis.guest.FileSession;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Objects;

/// A file of a guest as a stream. Some parts are asked for ahead.
final class GuestInput extends InputStream {
    private static final int CHUNK_BYTES = 131_072;
    private static final int AHEAD = 4;

    private final FileSessions.Lease lease;
    private final String path;
    private final ArrayDeque<FileReply<byte[]>> ahead = new ArrayDeque<>();
    private byte[] chunk = new byte[0];
    private int at;
    private long asked;
    private boolean last;
    private boolean closed;

    /// @param lease closed with this
    GuestInput(FileSessions.Lease lease, String path) {
        this.lease = lease;
        this.path = path;
        lease.files().open(path, EnumSet.of(FileSession.Access.READ), 0).await();
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (closed) {
            throw new IOException("The stream of " + path + " was closed");
        }
        if (length == 0) {
            return 0;
        }
        if (at == chunk.length && !next()) {
            return -1;
        }
        int count = Math.min(length, chunk.length - at);
        System.arraycopy(chunk, at, bytes, offset, count);
        at += count;
        return count;
    }

    private boolean next() throws IOException {
        if (last) {
            return false;
        }
        try {
            while (ahead.size() < AHEAD) {
                ahead.add(lease.files().read(asked, CHUNK_BYTES, path));
                asked += CHUNK_BYTES;
            }
            chunk = ahead.remove().await();
        } catch (StasisException e) {
            throw lease.failed(e);
        }
        at = 0;
        last = chunk.length < CHUNK_BYTES;
        return chunk.length > 0;
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            while (!ahead.isEmpty()) {
                ahead.remove().awaitError();
            }
            lease.files().closeFile(path).await();
        } catch (StasisException e) {
            throw lease.failed(e);
        } finally {
            lease.close();
        }
    }
}
