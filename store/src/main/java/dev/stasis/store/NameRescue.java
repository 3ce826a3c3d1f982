package dev.stasis.store;

import dev.stasis.StasisException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// Keeps snapshots whose name can't be read any more. Which one a damaged name pointed to nobody
/// knows, so every snapshot that was saved and has no other name gets one. The caller holds the
/// store-wide lock; nothing is ever deleted while a name can't be read.
final class NameRescue {
    static final String PREFIX = "recovered-";

    private static final System.Logger LOG = System.getLogger(NameRescue.class.getName());

    private final Home home;
    private final Catalogue catalogue;
    private boolean done;

    NameRescue(Home home) {
        this.home = home;
        this.catalogue = new Catalogue(home);
    }

    /// The snapshots that a damaged name may have pointed to.
    List<String> candidates() throws IOException {
        var named = new HashSet<>(new NameList(home).readable().values());
        for (String key : catalogue.templateKeys()) {
            catalogue.template(key).ifPresent(named::add);
        }
        var candidates = new ArrayList<String>();
        for (String id : catalogue.snapshotIds()) {
            try {
                var manifest = catalogue.manifest(id);
                if (!named.contains(id)
                        && manifest.filter(m -> m.has(Part.MEMORY)).isPresent()
                        && manifest.get().files().stream().allMatch(StoredFile::durable)) {
                    candidates.add(id);
                }
            } catch (StasisException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0} can't have had a name: {1}", id, e);
            }
        }
        return candidates;
    }

    /// Gives them names.
    void giveNames() throws IOException {
        for (String id : candidates()) {
            var record = new NameRecord(id, catalogue.manifestDigest(id), null);
            home.disk()
                    .write(
                            home.namesFolder().resolve(PREFIX + id),
                            record.toBytes(),
                            Durability.SYNCED);
        }
        done = true;
    }

    /// Whether that was done.
    boolean isDone() {
        return done;
    }
}
