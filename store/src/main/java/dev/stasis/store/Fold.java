package dev.stasis.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Layers that can be held as one: those of a part of a snapshot and of some that it lies on.
///
/// @param part the part
/// @param layers the snapshots whose layers they are, the one that will hold them first
/// @param base the snapshot that the last of them lies on; null = none
public record Fold(Part part, List<SnapshotManifest> layers, @Nullable String base) {
    /// Checks and copies.
    public Fold {
        layers = List.copyOf(layers);
        if (layers.size() < 2) {
            throw new IllegalArgumentException("One layer can't be folded");
        }
    }

    /// The snapshot that will hold the layers.
    public SnapshotManifest top() {
        return layers.getFirst();
    }

    /// The same without the layers from one on.
    ///
    /// @param count how many are left, at least two
    public Fold first(int count) {
        return count == layers.size()
                ? this
                : new Fold(part, layers.subList(0, count), layers.get(count).id());
    }
}
