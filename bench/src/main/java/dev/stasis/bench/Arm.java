package dev.stasis.bench;

import java.util.Locale;

/// What is compared.
enum Arm {
    /// This.
    STASIS("Stasis"),
    /// QEMU's snapshots inside of a disk image.
    LOADVM("savevm/loadvm"),
    /// QEMU's migration, into a file and from it.
    MIGRATION("migration");

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
