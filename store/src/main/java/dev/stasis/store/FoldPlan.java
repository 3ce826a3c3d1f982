package dev.stasis.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds layers that can be held as one.
///
/// A snapshot that nobody can restore any more stays as a layer while another one lies on it. Where
/// that is only one, both layers can become one: what the upper one has, and of the lower one what
/// the upper one has not. That gives back what the upper one covers, and touches nobody else.
///
/// A part that something else than a snapshot lies on, such as the disk of a sandbox that runs, is
/// never taken for such a lower layer.
final class FoldPlan {
    private final Liveness liveness;

    FoldPlan(Liveness liveness) {
        this.liveness = liveness;
    }

    /// The runs of layers that only the one above them needs.
    List<Fold> dead() {
        var folds = new ArrayList<Fold>();
        for (Part part : Part.values()) {
            var children = children(part);
            for (SnapshotManifest manifest : liveness.manifests()) {
                if (liveness.isMarked(manifest.id(), part)
                        && !isDead(manifest.id(), part, children)) {
                    below(manifest, part, children).ifPresent(folds::add);
                }
            }
        }
        return folds;
    }

    private Map<String, Integer> children(Part part) {
        var children = new HashMap<String, Integer>();
        for (SnapshotManifest manifest : liveness.manifests()) {
            String base = manifest.base(part);
            if (base != null && liveness.isMarked(manifest.id(), part)) {
                children.merge(base, 1, Integer::sum);
            }
        }
        return children;
    }

    private boolean isDead(String id, Part part, Map<String, Integer> children) {
        return !liveness.isRoot(id, part) && children.getOrDefault(id, 0) == 1;
    }

    private Optional<Fold> below(SnapshotManifest top, Part part, Map<String, Integer> children) {
        var layers = new ArrayList<SnapshotManifest>();
        layers.add(top);
        String base = top.base(part);
        while (base != null && isDead(base, part, children)) {
            var next = liveness.manifest(base);
            layers.add(next);
            base = next.base(part);
        }
        return layers.size() < 2 ? Optional.empty() : Optional.of(new Fold(part, layers, base));
    }

    /// The topmost layers of a chain, if there are enough of them above the next folded one.
    static Optional<Fold> deep(List<SnapshotManifest> chain, Part part, int depth) {
        int count = 0;
        while (count < chain.size()
                && count < depth
                && (count == 0 || !isFolded(chain.get(count), part))) {
            count++;
        }
        return count < depth || depth < 2
                ? Optional.empty()
                : Optional.of(
                        new Fold(part, chain.subList(0, count), chain.get(count - 1).base(part)));
    }

    private static boolean isFolded(SnapshotManifest manifest, Part part) {
        return manifest.files(part).stream().anyMatch(file -> Folding.isGenerated(file.name()));
    }
}
