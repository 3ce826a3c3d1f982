package dev.stasis.bench;

import dev.stasis.StasisException;
import dev.stasis.linux.SparseFiles;
import dev.stasis.machine.Qcow2Overlay;
import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// libvirt's save and restore of the guest of a snapshot: the machine is a domain, which is started
/// with memory and devices of the snapshot. Does nothing where there is no libvirt.
final class LibvirtArm implements AutoCloseable {
    private final Samples samples;
    private final Original original;
    private final @Nullable Virsh virsh;
    private final LibvirtDomain domain;
    private final Path run;
    private final Path disk;
    private final Path savedDisk;
    private final Path saved;

    /// Does nothing yet.
    ///
    /// @param virsh null where there is none
    LibvirtArm(Samples samples, Workplace workplace, Original original, @Nullable Virsh virsh)
            throws IOException {
        this.samples = samples;
        this.original = original;
        this.virsh = virsh;
        this.run = workplace.newRunFolder();
        this.disk = workplace.file("libvirt.qcow2");
        this.savedDisk = workplace.file("libvirt-saved.qcow2");
        this.saved = workplace.file("libvirt-saved");
        this.domain = new LibvirtDomain(original, run, disk);
    }

    /// Saves the guest and measures that.
    void save() throws IOException, QmpException {
        if (virsh != null) {
            save(virsh);
        }
    }

    /// Restores the guest that was saved, and runs a command in it.
    void restore() throws IOException, QmpException {
        if (virsh != null) {
            restore(virsh);
        }
    }

    private void save(Virsh virsh) throws IOException, QmpException {
        Qcow2Overlay.create(
                disk, original.disk().toString(), Qcow2Overlay.virtualSize(original.disk()));
        var first = Files.writeString(run.resolve("first.xml"), domain.first());
        var resumed = Files.writeString(run.resolve("resumed.xml"), domain.resumed());
        virsh.run("create", first.toString(), "--paused");
        boolean done = false;
        try {
            try (var qemu = attached(virsh)) {
                qemu.load(original.devices());
                virsh.run("resume", LibvirtDomain.NAME);
                qemu.requireRunning();
                qemu.introduce("saved");
            }
            long start = System.nanoTime();
            virsh.run("save", LibvirtDomain.NAME, saved.toString(), "--xml", resumed.toString());
            double took = samples.addSince(series(Metric.SNAPSHOT_TOTAL), start);
            samples.add(series(Metric.SNAPSHOT_PAUSE), took);
            samples.add(
                    series(Metric.SNAPSHOT_DISK),
                    SparseFiles.dataBytes(saved) / StasisArm.MEBIBYTE);
            done = true;
        } finally {
            if (!done) {
                virsh.run("destroy", LibvirtDomain.NAME);
            }
        }
        Files.copy(disk, savedDisk, StandardCopyOption.REPLACE_EXISTING);
    }

    private void restore(Virsh virsh) throws IOException, QmpException {
        Files.copy(savedDisk, disk, StandardCopyOption.REPLACE_EXISTING);
        long start = System.nanoTime();
        virsh.run("restore", saved.toString());
        samples.addSince(series(Metric.RESTORE_RUNNING), start);
        try (var qemu = attached(virsh)) {
            measure(qemu, start);
        } finally {
            virsh.run("destroy", LibvirtDomain.NAME);
        }
    }

    private void measure(PlainQemu qemu, long start) throws IOException, QmpException {
        try {
            qemu.requireRunning();
            qemu.introduce("restored");
            samples.addSince(series(Metric.RESTORE_READY), start);
            qemu.run(Guest.COMMAND);
            samples.addSince(series(Metric.RESTORE_FIRST_OUTPUT), start);
            OwnMemory.of(qemu.pid()).addTo(samples, Arm.LIBVIRT, original.subject());
        } catch (StasisException e) {
            throw new IOException(
                    "libvirt of %s: %s".formatted(original.subject(), qemu.explain(e)), e);
        }
    }

    private PlainQemu attached(Virsh virsh) throws IOException, QmpException {
        return PlainQemu.attach(virsh.pid(LibvirtDomain.NAME), run, virsh.log(LibvirtDomain.NAME));
    }

    private Series series(Metric metric) {
        return new Series(metric, Arm.LIBVIRT, original.subject());
    }

    @Override
    public void close() throws IOException {
        for (var file : List.of(disk, savedDisk, saved)) {
            Files.deleteIfExists(file);
        }
    }
}
