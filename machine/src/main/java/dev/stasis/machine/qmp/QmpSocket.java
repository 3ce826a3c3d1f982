package dev.stasis.machine.qmp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Lines to QEMU and from it, each waited for up to a deadline by whoever wants it: no other thread
/// has to be woken for that. For one thread at a time; only {@link #close} is for any.
final class QmpSocket implements AutoCloseable {
    /// A line that grows beyond this many bytes ends the connection before it takes more memory.
    static final int LONGEST = 4 << 20;

    private static final int BUFFER_BYTES = 64 << 10;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();
    private ByteArrayOutputStream line = new ByteArrayOutputStream();

    private QmpSocket(SocketChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_READ);
    }

    static QmpSocket connect(Path socket) throws IOException {
        var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        Selector selector = null;
        boolean ready = false;
        try {
            selector = Selector.open();
            var connected = new QmpSocket(channel, selector);
            ready = true;
            return connected;
        } finally {
            if (!ready) {
                close(channel, selector);
            }
        }
    }

    /// Sends a line.
    ///
    /// @param end until when, as {@link System#nanoTime} counts
    void send(String text, long end) throws IOException, TimeoutException, InterruptedException {
        var bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
        channel.write(bytes);
        while (bytes.hasRemaining()) {
            await(SelectionKey.OP_WRITE, end);
            channel.write(bytes);
        }
    }

    /// The next line without its end, or null when the other side is done. One that had begun to
    /// come goes on after a wait in vain.
    ///
    /// @param end until when to wait, as {@link System#nanoTime} counts
    @Nullable String next(long end)
            throws IOException, LineTooLongException, TimeoutException, InterruptedException {
        while (true) {
            while (buffer.hasRemaining()) {
                byte b = buffer.get();
                if (b == '\n') {
                    var whole = line.toString(StandardCharsets.UTF_8);
                    line = new ByteArrayOutputStream();
                    return whole;
                }
                if (line.size() == LONGEST) {
                    throw new LineTooLongException();
                }
                line.write(b);
            }
            await(SelectionKey.OP_READ, end);
            buffer.clear();
            int read = channel.read(buffer);
            buffer.flip();
            if (read < 0) {
                return null;
            }
        }
    }

    private void await(int operation, long end)
            throws IOException, TimeoutException, InterruptedException {
        try {
            key.interestOps(operation);
            int found = 0;
            while (found == 0) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    throw new TimeoutException();
                }
                found = selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                selector.selectedKeys().clear();
            }
        } catch (ClosedSelectorException | CancelledKeyException e) {
            throw new IOException("it was closed", e);
        }
    }

    /// Ends the connection, and whatever waits for it.
    @Override
    public void close() throws IOException {
        close(channel, selector);
    }

    private static void close(SocketChannel channel, @Nullable Selector selector)
            throws IOException {
        try (channel) {
            if (selector != null) {
                selector.close();
            }
        }
    }

    /// A line longer than {@link #LONGEST}.
    static final class LineTooLongException extends Exception {
        private static final long serialVersionUID = 1L;
    }
}
