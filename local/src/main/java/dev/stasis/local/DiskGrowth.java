package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.AgentConnection;
import dev.stasis.guest.Feature;
import java.nio.file.Path;
import java.time.Duration;

/// Lets a running sandbox's disk become larger: first QEMU's layer, then the file system on it.
final class DiskGrowth {
    private static final Duration STEP = Duration.ofSeconds(30);

    private final Place place;

    DiskGrowth(Place place) {
        this.place = place;
    }

    /// Makes sure that a disk of this size can lie on a layer.
    ///
    /// @param beneath the layer
    /// @param wanted the size wanted
    /// @throws StasisException with {@link ErrorCode#INVALID_SIZE}
    static void check(Path beneath, ByteSize wanted) {
        var least = DiskOverlays.virtualSize(beneath);
        if (wanted.compareTo(least) < 0) {
            throw new StasisException(
                    ErrorCode.INVALID_SIZE,
                    "A disk of %s is not possible: the snapshot's has %s, and a disk can only grow"
                            .formatted(wanted, least));
        }
    }

    /// Lets the disk grow, if it is smaller.
    ///
    /// @param agent the sandbox's agent
    /// @param layer the file that the machine writes its disk to
    /// @param wanted the size it has then
    void grow(AgentConnection agent, Path layer, ByteSize wanted) {
        if (wanted.compareTo(DiskOverlays.virtualSize(layer)) <= 0) {
            return;
        }
        agent.require(Feature.GROW_DISK);
        place.machine().growDisk(wanted, STEP);
        agent.growDisk(wanted, STEP);
    }
}
