package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.store.Home;
import dev.stasis.store.Part;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.SnapshotManifest;
import java.util.HashSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The line of descent of one sandbox: its own snapshots, the one it was restored from, and those
/// before that one.
final class Line {
    private final Home home;
    private final SandboxRecord sandbox;

    Line(Home home, SandboxRecord sandbox) {
        this.home = home;
        this.sandbox = sandbox;
    }

    /// Makes sure that a snapshot is of this line.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} saying what it is of instead
    void require(String id) {
        var snapshot = home.snapshots().resolve(id);
        if (snapshot.source().id().equals(sandbox.id())
                || leadsTo(sandbox.base(), id)
                || leadsTo(sandbox.layers().diskBase(), id)) {
            return;
        }
        var base = sandbox.base();
        throw new StasisException(
                ErrorCode.INVALID_ARGUMENT,
                "Sandbox %s can't be rewound to snapshot %s: that was taken of sandbox %s, and %s; restore it as a new sandbox instead"
                        .formatted(
                                sandbox.name(),
                                id,
                                snapshot.source().name(),
                                base == null
                                        ? sandbox.name() + " was restored from no snapshot"
                                        : "neither is it snapshot "
                                                + base
                                                + ", which "
                                                + sandbox.name()
                                                + " was restored from, nor one before that"));
    }

    private boolean leadsTo(@Nullable String from, String id) {
        var seen = new HashSet<String>();
        var at = from;
        while (at != null && seen.add(at)) {
            if (at.equals(id)) {
                return true;
            }
            at = manifest(at).map(this::before).orElse(null);
        }
        return false;
    }

    /// A parent that is gone is passed over: the disk lies on one before it.
    private @Nullable String before(SnapshotManifest manifest) {
        var parent = manifest.parent();
        return parent != null && manifest(parent).isPresent() ? parent : manifest.base(Part.DISK);
    }

    /// A line ends at a snapshot that is gone or damaged.
    private Optional<SnapshotManifest> manifest(String id) {
        try {
            return home.snapshots().find(id);
        } catch (StasisException e) {
            return Optional.empty();
        }
    }
}
