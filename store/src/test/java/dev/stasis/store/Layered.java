package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads and folds layers of [Content].
final class Layered {
    private static final int DEPTH = 3;

    private Layered() {}

    /// What all names of a home that begin so promise, read from its files, all of which are
    /// checked.
    static SortedMap<String, String> promised(TestHome test, String prefix) throws IOException {
        var found = new TreeMap<String, String>();
        for (var entry : test.snapshots.list()) {
            for (String name : entry.names()) {
                if (name.startsWith(prefix)) {
                    String id = entry.manifest().id();
                    test.snapshots.read(id, _ -> {});
                    found.put(
                            name, content(test, id).print() + " " + new TreeMap<>(entry.labels()));
                }
            }
        }
        return found;
    }

    /// What a snapshot holds, as a restore would find it.
    static World.Held content(TestHome test, String id) throws IOException {
        try (var _ = test.snapshots.pin(id).orElseThrow(() -> SnapshotStore.notFound(id))) {
            var chains = test.snapshots.verify(id);
            var memory = merged(test.home, chains.memory(), Part.MEMORY);
            var disk = merged(test.home, chains.disk(), Part.DISK);
            assertThat(memory.isRight()).as("memory of " + id).isTrue();
            assertThat(disk.isRight()).as("disk of " + id).isTrue();
            return new World.Held(memory, disk);
        }
    }

    /// What the disk of a sandbox holds.
    static Content disk(TestHome test, String sandbox) throws IOException {
        var layers = test.sandboxes.get(sandbox).layers();
        var files = new ArrayList<Path>();
        files.add(test.home.sandboxFolder(sandbox).resolve(String.valueOf(layers.disk())));
        String base = layers.diskBase();
        try (var _ = base == null ? null : pinned(test.home, base)) {
            if (base != null) {
                var catalogue = new Catalogue(test.home);
                var top = catalogue.manifest(base).orElseThrow();
                for (var each : catalogue.chain(top, Part.DISK)) {
                    files.add(file(test.home, each, Part.DISK));
                }
            }
            return Content.merged(files);
        }
    }

    /// A machine has its disk open all the time, whatever it is held in later.
    private static Pin pinned(Home home, String id) throws IOException {
        try (var _ = home.lock("read a disk")) {
            return Pin.set(home, id);
        }
    }

    private static Content merged(Home home, List<SnapshotManifest> layers, Part part)
            throws IOException {
        return Content.merged(layers.stream().map(each -> file(home, each, part)).toList());
    }

    private static Path file(Home home, SnapshotManifest manifest, Part part) {
        String file =
                manifest.files(part).stream()
                        .map(StoredFile::name)
                        .filter(name -> !name.equals("devices"))
                        .findFirst()
                        .orElseThrow();
        return home.snapshotFolder(manifest.id()).resolve(file);
    }

    /// Folds what deleted snapshots have left.
    static void fold(SnapshotStore store, Home home) throws IOException {
        for (var fold : store.folds()) {
            fold(store, home, fold);
        }
    }

    /// Folds the uppermost layers of a snapshot.
    static void fold(SnapshotStore store, Home home, String id) throws IOException {
        for (Part part : Part.values()) {
            var fold = store.fold(id, part, DEPTH);
            if (fold.isPresent()) {
                fold(store, home, fold.get());
            }
        }
    }

    private static void fold(SnapshotStore store, Home home, Fold fold) throws IOException {
        var begun = store.begin(fold);
        if (begun.isPresent()) {
            try (var folding = begun.get()) {
                boolean flat = fold.base() == null;
                var target =
                        switch (fold.part()) {
                            case MEMORY -> folding.file("ram", flat ? "img" : "delta");
                            case DISK -> folding.file("disk", "qcow2");
                        };
                Files.write(target, merged(home, fold.layers(), fold.part()).bytes());
                folding.publish();
            }
        }
    }

    /// The lowest layer, which lies on nothing else.
    static boolean alone(Path layer, Path target) throws IOException {
        Files.write(target, Files.readAllBytes(layer));
        return true;
    }

    /// Takes every archive.
    static final class Receiver implements SnapshotImport.Receiver {
        @Override
        public void check(SnapshotArchive archive) {}

        @Override
        public void checkDisk(Path file, @Nullable String beneath) {}

        @Override
        public Setup place(SnapshotArchive archive, @Nullable Path image) {
            return Objects.requireNonNull(archive.snapshot().setup());
        }
    }
}
