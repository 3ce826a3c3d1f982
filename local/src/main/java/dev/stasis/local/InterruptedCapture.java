package dev.stasis.local;

import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.store.Durability;
import dev.stasis.store.SandboxRecord;
import dev.stasis.store.SnapshotManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// Finishes or takes back a capture whose process was killed.
///
/// A capture goes: the next overlay is recorded, made, and opened by the machine; the machine
/// stands still; memory and devices are written; the snapshot is published, with the sandbox's disk
/// layer as a part of it; the machine uses the overlay, and may go on from then; the record says
/// so. So a published snapshot means that the machine has to be given the overlay, if it does not
/// have it yet, and an unpublished one that nothing has happened.
final class InterruptedCapture {
    private static final System.Logger LOG = System.getLogger(InterruptedCapture.class.getName());
    private static final Duration STEP = Duration.ofSeconds(30);

    private final Place place;

    InterruptedCapture(Place place) {
        this.place = place;
    }

    /// Brings a sandbox, whose lock the caller holds, to what one of the two outcomes of the
    /// capture would have left.
    ///
    /// @return the record as it is then
    SandboxRecord settle(SandboxRecord record) {
        var layers = record.layers();
        var snapshot = layers.capturing();
        var next = layers.nextDisk();
        if (snapshot == null || next == null) {
            return record;
        }
        var overlay = place.folder().resolve(next);
        var published = place.home().snapshots().find(snapshot);
        var machine = Machine.find(place.machineFiles());
        if (published.isEmpty()) {
            machine.ifPresent(each -> close(each, overlay));
            delete(overlay);
            return update(record.withLayers(layers.captureAbandoned()));
        }
        machine.filter(each -> !each.activeDisk(STEP).equals(Optional.of(overlay)))
                .ifPresent(each -> useNow(each, overlay));
        return finish(record, published.get());
    }

    /// One that stays open is a file without a name that nobody writes to.
    private static void close(Machine machine, Path overlay) {
        try {
            machine.closeOverlay(overlay, STEP);
        } catch (StasisException e) {
            LOG.log(System.Logger.Level.DEBUG, "a disk layer stays open: " + overlay, e);
        }
    }

    private static void useNow(Machine machine, Path overlay) {
        var opened = machine.openOverlay(overlay, machine.layersBelow(STEP) + 1, STEP);
        machine.useOverlay(opened, STEP);
    }

    /// Records that the machine goes on with the next layer, and gives up the name of the old one,
    /// which belongs to the snapshot now.
    SandboxRecord finish(SandboxRecord record, SnapshotManifest published) {
        var old = record.layers().disk();
        var finished = update(record.withLayers(record.layers().captured(published)));
        if (old != null) {
            delete(place.folder().resolve(old));
        }
        return finished;
    }

    private SandboxRecord update(SandboxRecord record) {
        place.home().sandboxes().update(record, Durability.UNSYNCED);
        return record;
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("Deleting " + file, e);
        }
    }
}
