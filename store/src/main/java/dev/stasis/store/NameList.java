package dev.stasis.store;

import dev.stasis.StasisException;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/// The names of a home's snapshots, those that can be read and those that can't.
final class NameList {
    private final Map<String, NameRecord> records = new TreeMap<>();
    private final Map<String, String> unreadable = new TreeMap<>();

    NameList(Home home) throws IOException {
        var catalogue = new Catalogue(home);
        for (var file : Leftovers.entries(home.namesFolder())) {
            String name = String.valueOf(file.getFileName());
            if (Names.isName(name)) {
                try {
                    catalogue.named(name).ifPresent(record -> records.put(name, record));
                } catch (StasisException e) {
                    unreadable.put(name, String.valueOf(e.getMessage()));
                }
            }
        }
    }

    /// The ids that names point to.
    Map<String, String> readable() {
        var ids = new TreeMap<String, String>();
        records.forEach((name, record) -> ids.put(name, record.id()));
        return ids;
    }

    /// What names point to.
    Map<String, NameRecord> records() {
        return records;
    }

    /// What is wrong with the others.
    Map<String, String> unreadable() {
        return unreadable;
    }
}
