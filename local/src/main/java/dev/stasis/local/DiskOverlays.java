package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.linux.DiskFull;
import dev.stasis.machine.Qcow2Overlay;
import dev.stasis.store.Layers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// The disk layers of sandboxes. Each names the one beneath it relative to its own folder, so that
/// a home can be moved.
final class DiskOverlays {
    private DiskOverlays() {}

    /// Makes an empty layer that shows what the one beneath it holds.
    static void create(Path overlay, Path beneath) {
        create(overlay, beneath, virtualSize(beneath));
    }

    /// Makes an empty layer on one that may not be at its place yet.
    static void create(Path overlay, Path beneath, ByteSize size) {
        var folder = Objects.requireNonNull(overlay.getParent());
        try {
            Qcow2Overlay.create(overlay, folder.relativize(beneath).toString(), size);
        } catch (IOException e) {
            throw failed("made", overlay, e);
        }
    }

    /// Deletes the layers in a sandbox's folder that its record does not name: what a process left
    /// that was killed. The caller holds the sandbox's lock.
    static void deleteUnused(Path folder, Layers layers) {
        try (var files = Files.newDirectoryStream(folder, "disk-*.qcow2")) {
            for (var file : files) {
                var name = String.valueOf(file.getFileName());
                if (!name.equals(layers.disk()) && !name.equals(layers.nextDisk())) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "Disk layers in " + folder + " that nobody uses could not be deleted",
                    e);
        }
    }

    /// The size of the disk that a layer shows.
    static ByteSize virtualSize(Path layer) {
        try {
            return Qcow2Overlay.virtualSize(layer);
        } catch (IOException e) {
            throw failed("read", layer, e);
        }
    }

    private static StasisException failed(String what, Path layer, IOException e) {
        boolean full = DiskFull.is(e);
        return new StasisException(
                full ? ErrorCode.DISK_FULL : ErrorCode.IO_FAILED,
                "The disk layer "
                        + layer
                        + " could not be "
                        + what
                        + (full ? ": there is no space left; free some" : ""),
                e);
    }
}
