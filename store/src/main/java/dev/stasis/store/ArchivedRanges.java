package dev.stasis.store;

import dev.stasis.linux.DataRange;
import dev.stasis.linux.SparseFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What of a file is written into an archive.
final class ArchivedRanges {
    /// Holes shorter than this are written as the zeros that they are.
    private static final long LEAST_HOLE_BYTES = 64 << 10;

    private static final int MOST_RANGES = 1 << 20;

    private ArchivedRanges() {}

    /// How many bytes of a file are written.
    static long bytes(Path path, long size) throws IOException {
        return of(path, size).stream().mapToLong(DataRange::length).sum();
    }

    /// Where the data of a file is, without the shortest holes.
    static List<DataRange> of(Path path, long size) throws IOException {
        var ranges = SparseFiles.dataRanges(path);
        for (long least = LEAST_HOLE_BYTES; ; least *= 2) {
            var joined = joined(ranges, least, size);
            if (joined.size() <= MOST_RANGES) {
                return joined;
            }
        }
    }

    private static List<DataRange> joined(List<DataRange> ranges, long leastHole, long size) {
        var joined = new ArrayList<DataRange>();
        for (DataRange range : ranges) {
            long end = Math.min(size, range.end());
            if (!joined.isEmpty() && range.offset() - joined.getLast().end() < leastHole) {
                long offset = joined.removeLast().offset();
                joined.add(new DataRange(offset, end - offset));
            } else if (end > range.offset()) {
                joined.add(new DataRange(range.offset(), end - range.offset()));
            }
        }
        return joined;
    }
}
