package dev.stasis.store;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Takes names from snapshots that are not to be kept: those whose own time is over, and those that
/// the rules say. Nothing in use goes: see {@link #inUse}.
final class Pruning {
    private final Home home;
    private final Retention retention;
    private final Instant now;

    Pruning(Home home, Retention retention) {
        this.home = home;
        this.retention = retention;
        this.now = home.host().clock().instant();
    }

    /// Does it.
    ///
    /// @return the names that were removed, or would be
    List<SnapshotStore.Pruned> run() throws IOException {
        try (var _ = home.lock("prune snapshots")) {
            var going = going();
            if (retention.act() == Retention.Act.REMOVE) {
                var naming = new Naming(home);
                for (SnapshotStore.Pruned each : going) {
                    naming.deleteLocked(each.name());
                }
            }
            return going;
        }
    }

    private List<SnapshotStore.Pruned> going() throws IOException {
        var used = inUse();
        var meant = new ArrayList<SnapshotStore.Pruned>();
        for (var entry : new SnapshotStore(home).list()) {
            for (String name : entry.names()) {
                if (retention.meant().test(entry, name)) {
                    meant.add(new SnapshotStore.Pruned(entry, name));
                }
            }
        }
        meant.sort(
                Comparator.comparing((SnapshotStore.Pruned n) -> n.entry().manifest().created())
                        .reversed());
        var going = new ArrayList<SnapshotStore.Pruned>();
        for (int i = 0; i < meant.size(); i++) {
            var each = meant.get(i);
            if (!used.contains(each.entry().manifest().id())
                    && (isOver(each) || isRuledOut(each, i))) {
                going.add(each);
            }
        }
        going.sort(Comparator.comparing(SnapshotStore.Pruned::name));
        return going;
    }

    private boolean isOver(SnapshotStore.Pruned named) {
        var expires = named.entry().expiries().get(named.name());
        return expires != null && !expires.isAfter(now);
    }

    private boolean isRuledOut(SnapshotStore.Pruned named, int newer) {
        if (retention.keepLast().isEmpty() && retention.olderThan().isEmpty()) {
            return false;
        }
        boolean last = retention.keepLast().isPresent() && newer < retention.keepLast().getAsInt();
        boolean young =
                retention
                        .olderThan()
                        .filter(age -> named.entry().manifest().created().isAfter(now.minus(age)))
                        .isPresent();
        return !last && !young;
    }

    /// The snapshots from which sandboxes were restored that are still there, and those that some
    /// process reads.
    private Set<String> inUse() throws IOException {
        var catalogue = new Catalogue(home);
        var used = new HashSet<>(catalogue.pinned());
        for (String name : catalogue.sandboxNames()) {
            catalogue.sandbox(name).map(SandboxRecord::base).ifPresent(used::add);
        }
        return used;
    }
}
