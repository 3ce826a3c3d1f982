package dev.stasis.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The memory that only one process has, in mebibytes.
///
/// @param privatePages `Private_*`: with the pages of files that no other process has mapped just
///   now, though they are in the page cache for all
/// @param anonymous `Anonymous`: without those
record OwnMemory(double privatePages, double anonymous) {
    private static final double KIBIBYTES = 1024;

    static OwnMemory of(long pid) throws IOException {
        double privatePages = 0;
        double anonymous = 0;
        for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
            if (line.startsWith("Private_Clean:") || line.startsWith("Private_Dirty:")) {
                privatePages += kibibytes(line);
            } else if (line.startsWith("Anonymous:")) {
                anonymous += kibibytes(line);
            }
        }
        return new OwnMemory(privatePages / KIBIBYTES, anonymous / KIBIBYTES);
    }

    private static long kibibytes(String line) {
        return Long.parseLong(line.replaceAll("\\D+", ""));
    }
}
