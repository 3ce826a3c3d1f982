package dev.stasis.bench;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What is compared with where it is there.
///
/// @param newerQemu a QEMU that can do what the distribution's can't; null if there is none
/// @param virsh a running libvirt; null if there is none
record Alternatives(@Nullable Path newerQemu, @Nullable Virsh virsh) {
    /// The arms of QEMU by hand, for a snapshot.
    QemuArms qemu(Run run, Original original) {
        return new QemuArms(run.samples(), run.workplace(), original, newerQemu);
    }

    /// The arm of libvirt, for a snapshot.
    LibvirtArm libvirt(Run run, Original original) throws IOException {
        return new LibvirtArm(run.samples(), run.workplace(), original, virsh);
    }
}
