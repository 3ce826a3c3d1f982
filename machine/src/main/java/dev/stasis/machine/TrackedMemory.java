package dev.stasis.machine;

import java.io.IOException;
import java.util.BitSet;

/// RAM of which is known what was written since a moment, of a machine that may run meanwhile.
interface TrackedMemory extends GuestMemory {
    /// The pages that were written since the last call; pages that were never written may be among
    /// the first ones.
    BitSet takeWritten() throws IOException;
}
