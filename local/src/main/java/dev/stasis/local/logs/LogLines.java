package dev.stasis.local.logs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The lines of one log, from the file before it on. Its launcher renames a full one to `LOG.1` and
/// begins anew, also while it is read; so the file that is open stays so until it was read to its
/// end. Not thread-safe, but for closing.
final class LogLines implements Closeable {
    static final int LONGEST_LINE = 64 << 10;

    private final Path file;
    private final Path older;
    private final ByteBuffer bytes = ByteBuffer.allocate(LONGEST_LINE).limit(0);
    private volatile @Nullable Opened opened;
    private volatile boolean closed;

    /// An open file, and what the file system knows it by.
    private record Opened(FileChannel channel, Object key) {}

    LogLines(Path file) {
        this.file = file;
        this.older = file.resolveSibling(file.getFileName() + ".1");
    }

    /// The next line without its end; one that is too long comes in pieces.
    ///
    /// @return empty when there is no whole one now
    Optional<String> next() throws IOException {
        while (true) {
            for (int at = bytes.position(); at < bytes.limit(); at++) {
                if (bytes.get(at) == '\n') {
                    return Optional.of(take(at, 1));
                }
            }
            if (bytes.remaining() == LONGEST_LINE) {
                return Optional.of(take(bytes.limit(), 0));
            }
            if (!fill()) {
                return Optional.empty();
            }
        }
    }

    /// What is there of a line that has no end.
    Optional<String> rest() {
        return bytes.hasRemaining() ? Optional.of(take(bytes.limit(), 0)) : Optional.empty();
    }

    private String take(int end, int delimiter) {
        int from = bytes.position();
        bytes.position(end + delimiter);
        return new String(bytes.array(), from, end - from, StandardCharsets.UTF_8);
    }

    /// Reads more. When the file was renamed meanwhile, what came before that is read as well.
    private boolean fill() throws IOException {
        bytes.compact();
        try {
            while (!closed) {
                var now = opened;
                if (now != null && now.channel.read(bytes) > 0) {
                    return true;
                }
                var next = following(now);
                if (next == null) {
                    return false;
                }
                if (now != null) {
                    if (now.channel.read(bytes) > 0) {
                        next.channel.close();
                        return true;
                    }
                    now.channel.close();
                }
                opened = next;
            }
            close();
            return false;
        } finally {
            bytes.flip();
        }
    }

    /// The file behind this one; null when that is still the newest.
    private @Nullable Opened following(@Nullable Opened now) throws IOException {
        if (now == null) {
            var first = open(older);
            return first != null ? first : open(file);
        }
        if (now.key.equals(key(file))) {
            return null;
        }
        return now.key.equals(key(older)) ? open(file) : open(older);
    }

    private static @Nullable Opened open(Path path) throws IOException {
        while (true) {
            var key = key(path);
            if (key == null) {
                return null;
            }
            try {
                var channel =
                        FileChannel.open(
                                path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
                if (key.equals(key(path))) {
                    return new Opened(channel, key);
                }
                channel.close(); // renamed in between
            } catch (NoSuchFileException e) {
                return null;
            }
        }
    }

    private static @Nullable Object key(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        var now = opened;
        if (now != null) {
            now.channel.close();
        }
    }
}
