package dev.stasis.local;

import dev.stasis.machine.MemoryBlock;
import dev.stasis.machine.RamImage;
import dev.stasis.store.Home;
import dev.stasis.store.SnapshotManifest;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The files of a snapshot, by what they are.
///
/// @param manifest what the snapshot is
/// @param devices the state of the devices and CPUs
/// @param memory the image of each block of memory, by name
/// @param disk the frozen layer of the disk
record SnapshotFiles(
        SnapshotManifest manifest, Path devices, Map<String, RamImage> memory, Path disk) {
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
                folder.resolve(DISK));
    }

    /// The memory that a snapshot holds, with the snapshot that it lies on: each block of it is
    /// whole in the snapshot's own files, or differs from the other's.
    ///
    /// @param chain the snapshot, and the one with the flat images if some of its own are
    ///   differences
    private static Map<String, RamImage> memory(Home home, List<SnapshotManifest> chain) {
        var top = chain.getFirst();
        var holder = chain.getLast();
        var memory = new LinkedHashMap<String, RamImage>();
        for (var block : MachineMemory.of(top.setup()).layout().blocks()) {
            memory.put(
                    block.name(),
                    has(top, RamImage.Flat.nameOf(block.name()))
                            ? flat(home, top, block)
                            : new RamImage.Delta(
                                    home.snapshotFolder(top.id())
                                            .resolve(RamImage.Delta.nameOf(block.name())),
                                    flat(home, holder, block)));
        }
        return memory;
    }

    private static RamImage.Flat flat(Home home, SnapshotManifest holder, MemoryBlock block) {
        var name = RamImage.Flat.nameOf(block.name());
        return new RamImage.Flat(home.snapshotFolder(holder.id()).resolve(name), block.size());
    }

    private static boolean has(SnapshotManifest manifest, String name) {
        return manifest.files().stream().anyMatch(file -> file.name().equals(name));
    }
}
