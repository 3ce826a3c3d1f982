package dev.stasis.local.files;

import dev.stasis.FileInfo;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The files with several names that a copy has met. It forgets none, up to a number of them; the
/// others become files of their own.
final class HardLinks {
    private static final int MOST = 1_000_000;

    private final Map<Id, String> paths = new HashMap<>();

    /// The path under which this file was met before; null if it was not. It is met now.
    @Nullable String earlier(FileInfo file, String path) {
        if (file.links() < 2 || !file.isFile()) {
            return null;
        }
        var id = new Id(file.device(), file.inode());
        String earlier = paths.get(id);
        if (earlier == null && paths.size() < MOST) {
            paths.put(id, path);
        }
        return earlier;
    }

    private record Id(long device, long inode) {}
}
