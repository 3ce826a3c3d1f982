package dev.stasis.guest;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is to be changed of a file in a guest; null leaves it as it is.
///
/// @param permissions the twelve bits of its permissions
/// @param user the number of its owner
/// @param group the number of its group
/// @param accessed when it was last read
/// @param modified when it was last written
public record FileChange(
        @Nullable Integer permissions,
        @Nullable Integer user,
        @Nullable Integer group,
        @Nullable Instant accessed,
        @Nullable Instant modified) {
    private static final int PERMISSIONS = 1;
    private static final int USER = 2;
    private static final int GROUP = 4;
    private static final int ACCESSED = 8;
    private static final int MODIFIED = 16;

    /// Other permissions.
    public static FileChange permissions(int permissions) {
        return new FileChange(permissions, null, null, null, null);
    }

    /// Another owner and group.
    public static FileChange owner(@Nullable Integer user, @Nullable Integer group) {
        return new FileChange(null, user, group, null, null);
    }

    /// Other times.
    public static FileChange times(@Nullable Instant accessed, @Nullable Instant modified) {
        return new FileChange(null, null, null, accessed, modified);
    }

    void write(FileRequest request) {
        int what =
                (permissions == null ? 0 : PERMISSIONS)
                        | (user == null ? 0 : USER)
                        | (group == null ? 0 : GROUP)
                        | (accessed == null ? 0 : ACCESSED)
                        | (modified == null ? 0 : MODIFIED);
        request.number(what, Integer.BYTES)
                .number(permissions == null ? 0 : permissions, Integer.BYTES)
                .number(user == null ? 0 : user, Integer.BYTES)
                .number(group == null ? 0 : group, Integer.BYTES)
                .time(accessed == null ? Instant.EPOCH : accessed)
                .time(modified == null ? Instant.EPOCH : modified);
    }
}
