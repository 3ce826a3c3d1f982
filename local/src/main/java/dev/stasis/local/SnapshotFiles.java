package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.machine.RamImage;
import dev.stasis.store.Home;
import dev.stasis.store.SnapshotManifest;
import java.nio.file.Path;
import java.util.List;

/// The files of a snapshot, by what they are.
///
/// @param manifest what the snapshot is
/// @param devices the state of the devices and CPUs
/// @param memory the RAM
/// @param disk the frozen layer of the disk
record SnapshotFiles(SnapshotManifest manifest, Path devices, RamImage memory, Path disk) {
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

    /// The memory that a snapshot holds, with the snapshot that it lies on.
    ///
    /// @param chain the snapshot, and the one with the flat image if its own is a difference
    private static RamImage memory(Home home, List<SnapshotManifest> chain) {
        var top = chain.getFirst();
        var holder = chain.getLast();
        ByteSize size = top.setup().memory();
        var flat =
                new RamImage.Flat(
                        home.snapshotFolder(holder.id()).resolve(RamImage.Flat.NAME), size);
        return top.id().equals(holder.id())
                ? flat
                : new RamImage.Delta(
                        home.snapshotFolder(top.id()).resolve(RamImage.Delta.NAME), flat);
    }
}
