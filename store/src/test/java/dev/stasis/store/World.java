package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A home with sandboxes that are never run, and a simple model of what has to be in it: what each
/// name promises. Everything is done as it is done with real machines, on files of a few bytes.
final class World {
    final TestHome test;
    private final Journal journal;
    private final Map<String, Guest> guests = new HashMap<>();
    private final Map<String, Held> held = new HashMap<>();
    private SortedMap<String, String> promised = new TreeMap<>();
    private final Map<String, String> named = new HashMap<>();

    /// What a sandbox holds.
    private static final class Guest {
        Content memory = Content.NONE;
        Content disk = Content.NONE;
        Content diskLayer = Content.NONE;
        @Nullable String base;

        Guest copy() {
            var copy = new Guest();
            copy.memory = memory;
            copy.disk = disk;
            copy.diskLayer = diskLayer;
            copy.base = base;
            return copy;
        }
    }

    /// What a snapshot holds.
    record Held(Content memory, Content disk) {
        String print() {
            return memory.sum() + "/" + disk.sum();
        }
    }

    /// Is told what is promised, before and after each change of it.
    interface Journal {
        Journal NONE =
                new Journal() {
                    @Override
                    public void trying(SortedMap<String, String> after) {}

                    @Override
                    public void done() {}
                };

        void trying(SortedMap<String, String> after);

        void done();
    }

    World(TestHome test, Journal journal) {
        this.test = test;
        this.journal = journal;
    }

    /// The same world, as another process finds it that knows all about it.
    World on(TestHome other) {
        var same = new World(other, journal);
        guests.forEach((name, guest) -> same.guests.put(name, guest.copy()));
        same.held.putAll(held);
        same.promised.putAll(promised);
        same.named.putAll(named);
        return same;
    }

    /// What each name promises: the content of its snapshot and the labels.
    SortedMap<String, String> promised() {
        return new TreeMap<>(promised);
    }

    String id(String name) {
        return Objects.requireNonNull(named.get(name), name);
    }

    List<String> sandboxes() {
        return guests.keySet().stream().sorted().toList();
    }

    void boot(String name) throws IOException {
        test.booted(name);
        guests.put(name, new Guest());
        write(name, "a", name);
    }

    void fork(String name, String id) throws IOException {
        fork(name, id, held(id));
    }

    void fork(String name, String id, Held content) throws IOException {
        test.forked(name, id);
        var guest = new Guest();
        guest.memory = content.memory;
        guest.disk = content.disk;
        guest.base = id;
        guests.put(name, guest);
        write(name, "a", name);
    }

    void write(String name, String place, String value) throws IOException {
        var guest = guest(name);
        guest.memory = guest.memory.with(place, value);
        guest.disk = guest.disk.with(place, value);
        var layer = new TreeMap<>(guest.diskLayer.places());
        layer.put(place, value);
        layer.put("sum", guest.disk.sum());
        guest.diskLayer = new Content(layer);
        var disk = String.valueOf(test.sandboxes.get(name).layers().disk());
        Files.write(test.home.sandboxFolder(name).resolve(disk), guest.diskLayer.bytes());
    }

    private Guest guest(String name) {
        return Objects.requireNonNull(guests.get(name), name);
    }

    /// Takes a snapshot, in the order in which it is really done.
    String capture(String name) throws IOException {
        var guest = guest(name);
        var source = test.sandboxes.get(name);
        String id = Ids.next();
        String next = "disk-" + id + ".qcow2";
        var layers = source.layers().capturing(id, next);
        test.sandboxes.update(source.withLayers(layers), Durability.UNSYNCED);
        Path folder = test.home.sandboxFolder(name);
        Path current = folder.resolve(String.valueOf(layers.disk()));
        var candidates = new ArrayList<>(source.layers().references().reversed());
        Optional.ofNullable(source.layers().memoryBase()).ifPresent(candidates::add);
        try (var before = firstPinned(candidates);
                var staging = test.snapshots.begin(id)) {
            Files.write(folder.resolve(next), Content.NONE.bytes());
            var layer = before == null ? guest.memory : guest.memory.over(held(before.id).memory);
            String kind = before == null ? "ram.img" : "ram.delta";
            Files.write(staging.file(kind, Part.MEMORY), layer.bytes());
            Files.writeString(staging.file("devices", Part.MEMORY), "devices of " + name);
            staging.adopt(current, "disk.qcow2", Part.DISK);
            var manifest = SnapshotManifest.of(id, source);
            var published =
                    staging.publish(
                            before == null
                                    ? manifest.withoutMemoryBase()
                                    : manifest.withMemoryBase(before.id));
            test.sandboxes.update(
                    source.withLayers(layers.captured(published)), Durability.UNSYNCED);
        }
        test.home.disk().delete(current);
        held.put(id, new Held(guest.memory, guest.disk));
        guest.diskLayer = Content.NONE;
        return id;
    }

    private record Pinned(String id, Pin pin) implements AutoCloseable {
        @Override
        public void close() {
            pin.close();
        }
    }

    private @Nullable Pinned firstPinned(List<String> ids) {
        for (String id : ids) {
            var pin = test.snapshots.pin(id);
            if (pin.isPresent()) {
                return new Pinned(id, pin.get());
            }
        }
        return null;
    }

    void save(String id, Saving saving) {
        var after = promised();
        var labels = new TreeMap<>(test.snapshots.labels(id));
        labels.putAll(saving.labels());
        for (var each : named.entrySet()) {
            if (each.getValue().equals(id)) {
                after.put(each.getKey(), print(id, labels));
            }
        }
        after.put(saving.name(), print(id, labels));
        journal.trying(after);
        test.snapshots.saveNamed(id, saving);
        named.put(saving.name(), id);
        kept(after);
    }

    private String print(String id, Map<String, String> labels) {
        return Objects.requireNonNull(held.get(id), id).print() + " " + labels;
    }

    private void kept(SortedMap<String, String> after) {
        promised = after;
        named.keySet().retainAll(after.keySet());
        journal.done();
    }

    void delete(String name) {
        var after = promised();
        after.remove(name);
        journal.trying(after);
        test.snapshots.delete(name);
        kept(after);
    }

    void relabel(String name, String key, String value) {
        var after = promised();
        String id = id(name);
        var labels = new TreeMap<>(test.snapshots.labels(id));
        labels.put(key, value);
        named.forEach((each, target) -> {
            if (target.equals(id)) {
                after.put(each, print(id, labels));
            }
        });
        journal.trying(after);
        test.snapshots.relabel(id, _ -> labels);
        kept(after);
    }

    /// Keeps the newest of this world.
    ///
    /// @param prefix of the names that are meant
    /// @return what is promised then, unless somebody else uses a snapshot
    SortedMap<String, String> prune(int keep, String prefix) {
        var after = promised();
        var meant =
                test.snapshots.list().stream()
                        .sorted(
                                Comparator.comparing(
                                                (SnapshotStore.Entry e) -> e.manifest().created())
                                        .reversed())
                        .flatMap(entry ->
                                entry.names().stream()
                                        .filter(name -> name.startsWith(prefix))
                                        .map(name -> Map.entry(name, entry.manifest().id())))
                        .toList();
        var used = guests.values().stream().map(guest -> guest.base).toList();
        for (var each : meant.subList(Math.min(keep, meant.size()), meant.size())) {
            if (!used.contains(each.getValue())) {
                after.remove(each.getKey());
            }
        }
        journal.trying(after);
        var pruned =
                test.snapshots.prune(
                        new Retention(
                                OptionalInt.of(keep),
                                Optional.empty(),
                                (_, name) -> name.startsWith(prefix),
                                Retention.Act.REMOVE));
        var left = promised();
        pruned.forEach(each -> left.remove(each.name()));
        assertThat(left).containsAllEntriesOf(after);
        kept(left);
        return after;
    }

    void close(String id) {
        test.snapshots.close(id);
    }

    void remove(String sandbox) {
        test.remove(sandbox);
        guests.remove(sandbox);
    }

    /// Folds what can be, and the uppermost layers beneath a snapshot.
    void fold(@Nullable String id) throws IOException {
        Layered.fold(test.snapshots, test.home);
        if (id != null) {
            Layered.fold(test.snapshots, test.home, id);
        }
        test.snapshots.collect();
    }

    /// A snapshot that travels.
    ///
    /// @param archive its archive, a character for each byte
    record Travelling(String id, Held content, String archive) {
        static Travelling of(String id, Held content, byte[] archive) {
            return new Travelling(id, content, new String(archive, StandardCharsets.ISO_8859_1));
        }

        byte[] bytes() {
            return archive.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    Travelling export(String id) {
        var out = new ByteArrayOutputStream();
        Path image = test.home.root().resolve("format");
        new SnapshotExport(test.home, Layered::alone)
                .write(
                        id,
                        new SnapshotExport.Along(
                                "kept", null, new SnapshotExport.Root(image, false, Map.of())),
                        out);
        return Travelling.of(id, held(id), out.toByteArray());
    }

    void load(Travelling snapshot, String name) {
        var after = promised();
        held.put(snapshot.id, snapshot.content);
        after.put(name, print(snapshot.id, new TreeMap<>(test.snapshots.labels(snapshot.id))));
        journal.trying(after);
        new SnapshotImport(test.home)
                .read(new ByteArrayInputStream(snapshot.bytes()), name, new Layered.Receiver());
        named.put(name, snapshot.id);
        kept(after);
    }

    Held held(String id) {
        return Objects.requireNonNull(held.get(id), id);
    }

    /// Learns what is there.
    void adopt(String prefix) throws IOException {
        for (var entry : test.snapshots.list()) {
            for (String name : entry.names()) {
                if (name.startsWith(prefix)) {
                    String id = entry.manifest().id();
                    held.put(id, Layered.content(test, id));
                    named.put(name, id);
                    promised.put(name, print(id, new TreeMap<>(entry.labels())));
                }
            }
        }
    }

    /// All that is promised is so, and nothing else is.
    void assertRight() throws IOException {
        assertRight("");
    }

    /// The same of the names that begin so.
    void assertRight(String prefix) throws IOException {
        assertThat(Layered.promised(test, prefix)).isEqualTo(promised);
        for (var guest : guests.entrySet()) {
            assertThat(Layered.disk(test, guest.getKey()))
                    .as("disk of " + guest.getKey())
                    .isEqualTo(guest.getValue().disk);
        }
    }
}
