package dev.stasis.machine;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// Pages in a row that are all of one kind.
///
/// @param first the first page
/// @param count how many
/// @param kind what they hold
record PageRun(int first, int count, Kind kind) {
    enum Kind {
        /// Nothing but zeros.
        ZERO,
        /// Anything.
        DATA
    }

    int end() {
        return first + count;
    }

    /// The runs of two sets of pages that have none in common, in order.
    static List<PageRun> of(BitSet data, BitSet zero) {
        var runs = new ArrayList<PageRun>();
        int nextData = data.nextSetBit(0);
        int nextZero = zero.nextSetBit(0);
        while (nextData >= 0 || nextZero >= 0) {
            boolean isData = nextZero < 0 || (nextData >= 0 && nextData < nextZero);
            var set = isData ? data : zero;
            int first = isData ? nextData : nextZero;
            int end = set.nextClearBit(first);
            runs.add(new PageRun(first, end - first, isData ? Kind.DATA : Kind.ZERO));
            if (isData) {
                nextData = data.nextSetBit(end);
            } else {
                nextZero = zero.nextSetBit(end);
            }
        }
        return runs;
    }
}
