package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.MemoryBlock;
import dev.stasis.machine.RamImage;
import dev.stasis.store.Home;
import dev.stasis.store.Part;
import dev.stasis.store.SnapshotManifest;
import dev.stasis.store.StoredFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The files of a snapshot, by what they are.
///
/// @param manifest what the snapshot is
/// @param devices the state of the devices and CPUs
/// @param memory the image of each block of memory, by name
/// @param disks the layers of the disk, the uppermost first
record SnapshotFiles(
        SnapshotManifest manifest, Path devices, Map<String, RamImage> memory, List<Path> disks) {
    static final String DEVICES = "devices";
    static final String DISK = "disk.qcow2";

    /// The files of a snapshot whose completeness was checked.
    static SnapshotFiles verified(Home home, String id) {
        var chains = home.snapshots().verify(id);
        var folder = home.snapshotFolder(id);
        return new SnapshotFiles(
                chains.snapshot(),
                folder.resolve(DEVICES),
                memory(home, chains.memory()),
                disks(home, chains.disk()));
    }

    /// The layers of the disk of a snapshot, the uppermost first, whether or not there is anything
    /// but its disk left of it.
    static List<Path> disks(Home home, String id) {
        return disks(home, home.snapshots().disks(id));
    }

    /// The files in which snapshots hold their layers of the disk.
    static List<Path> disks(Home home, List<SnapshotManifest> layers) {
        return layers.stream().map(layer -> disk(home, layer)).toList();
    }

    /// The file in which a snapshot holds its layer of the disk.
    static Path disk(Home home, SnapshotManifest manifest) {
        return manifest.files(Part.DISK).stream()
                .findFirst()
                .map(file -> home.snapshotFolder(manifest.id()).resolve(file.name()))
                .orElseThrow(() -> damaged(manifest, "lists no disk"));
    }

    /// The memory that a snapshot holds, with the snapshots that it lies on: of each block the
    /// layers down to one that is whole.
    ///
    /// @param chain the snapshot, and those that it lies on
    static Map<String, RamImage> memory(Home home, List<SnapshotManifest> chain) {
        var memory = new LinkedHashMap<String, RamImage>();
        for (var block : MachineMemory.of(chain.getFirst().setup()).layout().blocks()) {
            memory.put(block.name(), image(home, chain, block));
        }
        return memory;
    }

    private static RamImage image(Home home, List<SnapshotManifest> chain, MemoryBlock block) {
        var deltas = new ArrayList<Path>();
        for (var manifest : chain) {
            var layer = layer(manifest, block);
            var file = home.snapshotFolder(manifest.id()).resolve(layer.name());
            if (!layer.name().endsWith(RamImage.Delta.nameOf(""))) {
                return pile(deltas.reversed(), new RamImage.Flat(file, block.size()));
            }
            deltas.add(file);
        }
        throw damaged(chain.getLast(), "says how its memory differs, and not from what");
    }

    private static RamImage pile(List<Path> deltas, RamImage bottom) {
        var image = bottom;
        for (var delta : deltas) {
            image = new RamImage.Delta(delta, image);
        }
        return image;
    }

    /// The file in which a snapshot holds its layer of a block.
    private static StoredFile layer(SnapshotManifest manifest, MemoryBlock block) {
        return manifest.files(Part.MEMORY).stream()
                .filter(file -> file.name().startsWith(block.name() + "."))
                .findFirst()
                .orElseThrow(() -> damaged(manifest, "lists no memory named " + block.name()));
    }

    private static StasisException damaged(SnapshotManifest manifest, String how) {
        return new StasisException(
                ErrorCode.STORE_DAMAGED, "Snapshot " + manifest.id() + " " + how + ": delete it");
    }
}
