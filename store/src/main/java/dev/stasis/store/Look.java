package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a file looks like from outside. No program can change its content through the file system
/// without changing that, once it {@link #lasts()}.
///
/// @param inode its number in the file system
/// @param size in bytes
/// @param modified when its content was changed, or what was said of that since
/// @param changed when anything of it was changed; nobody can set it
record Look(long inode, long size, Instant modified, Instant changed) {
    /// The coarsest clock of a file system that matters. What was changed within it before the
    /// reading began could be changed again without it showing.
    private static final Duration CLOCK = Duration.ofMillis(50);

    /// That of a file, or of a link itself.
    static Look at(Path file) throws IOException {
        var found =
                Files.readAttributes(
                        file, "unix:ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
        return new Look(
                ((Number) value(found, "ino")).longValue(),
                ((Number) value(found, "size")).longValue(),
                ((FileTime) value(found, "lastModifiedTime")).toInstant(),
                ((FileTime) value(found, "ctime")).toInstant());
    }

    private static Object value(Map<String, Object> attributes, String name) {
        return Objects.requireNonNull(attributes.get(name), name);
    }

    /// Whether every change from now on would show.
    boolean lasts() {
        return !left().isPositive();
    }

    private Duration left() {
        return Duration.between(Instant.now(), changed.plus(CLOCK));
    }

    /// Waits until every change would show: 50 ms at most.
    void awaitLasting() throws IOException {
        var left = left();
        if (left.isPositive()) {
            try {
                Thread.sleep(left.compareTo(CLOCK) > 0 ? CLOCK : left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted before a file was read", e);
            }
        }
    }

    // Java makes those of a record anew in each process, which takes milliseconds of a short one.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Look look
                && look.inode == inode
                && look.size == size
                && look.modified.equals(modified)
                && look.changed.equals(changed);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(inode) + 31 * changed.hashCode();
    }

    /// As it is written down.
    @Override
    public String toString() {
        return "%d %d %s %s".formatted(inode, size, modified, changed);
    }
}
