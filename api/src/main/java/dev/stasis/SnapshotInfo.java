package dev.stasis;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// What a snapshot is.
///
/// @param id its id, which no other snapshot ever has
/// @param name its name; none = it ends with its source sandbox. A snapshot with several names is
///   listed once for each
/// @param created when it was taken
/// @param source the name of the sandbox that it was taken of
/// @param parent the id of the snapshot before it in its line: the last one of its source, or else
///   what that was restored from. It may be gone. None = its source booted and this was the first
/// @param image the image that sandbox was made from
/// @param cpus the guest's CPUs in use
/// @param memory the guest's memory in use
/// @param limits what those can be raised to in a fork
/// @param bytesOnDisk what its own files take on disk: RAM image, device state, disk layer,
///   manifest, and the flat RAM image that is cached when it is restored often
/// @param labels its labels, by key
/// @param expires when its name may be pruned
public record SnapshotInfo(
        String id,
        Optional<String> name,
        Instant created,
        String source,
        Optional<String> parent,
        String image,
        int cpus,
        ByteSize memory,
        SizeLimits limits,
        ByteSize bytesOnDisk,
        Map<String, String> labels,
        Optional<Instant> expires) {
    /// Copies.
    public SnapshotInfo {
        labels = Map.copyOf(labels);
    }
}
