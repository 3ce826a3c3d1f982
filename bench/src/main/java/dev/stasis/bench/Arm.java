package dev.stasis.bench;

import java.util.Locale;

/// What is compared.
enum Arm {
    /// Stasis: a restore that starts a QEMU of its own.
    COLD("Stasis"),
    /// Stasis: a restore that takes a clone out of a pool.
    POOLED("Stasis, pooled"),
    /// QEMU started and loaded by hand from the very files of the snapshot: what no restore that
    /// starts a QEMU can be faster than.
    BARE("bare QEMU"),
    /// QEMU's snapshots inside of a disk image.
    LOADVM("savevm/loadvm"),
    /// QEMU's migration, into a file and from it.
    MIGRATION("migration"),
    /// QEMU's migration into a file that has a place for each page; newer QEMUs only.
    MAPPED_RAM("mapped-ram"),
    /// QEMU's templating: memory in a file, which clones map privately, and a state without it.
    TEMPLATING("templating"),
    /// libvirt's save and restore.
    LIBVIRT("libvirt"),
    /// What the computer itself needs.
    FLOOR("floor");

    private final String title;

    Arm(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /// Its name in the JSON report.
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
