package dev.stasis.bench;

/// How things stand at one moment of a soak.
///
/// @param minutes since its beginning
/// @param rounds done so far
/// @param heapMiB memory that Java uses after a collection
/// @param residentMiB memory of this process
/// @param descriptors open ones of this process
/// @param files in the home and the run folders
/// @param restoreMillis the median of a restore since the point before
/// @param snapshotMillis the median of a snapshot since the point before
record SoakPoint(
        double minutes,
        long rounds,
        double heapMiB,
        double residentMiB,
        long descriptors,
        long files,
        double restoreMillis,
        double snapshotMillis) {}
