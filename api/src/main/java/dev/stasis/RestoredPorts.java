package dev.stasis;

import java.util.List;

/// Which ports of a fork are published. None of the snapshot's is unless that is said here: the
/// source may still have them.
///
/// @param listed those that were named
/// @param moved whether what the snapshot's sandbox had published is, too, each on a free port
public record RestoredPorts(List<PublishedPort> listed, boolean moved) {
    /// Checks and copies.
    public RestoredPorts {
        listed = PublishedPort.check(listed);
    }

    /// Whether none is.
    public boolean isNone() {
        return listed.isEmpty() && !moved;
    }
}
