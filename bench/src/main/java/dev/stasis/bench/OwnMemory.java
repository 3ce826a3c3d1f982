package dev.stasis.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The memory that one process has, in mebibytes.
///
/// @param privatePages `Private_*`: what no other process has mapped just now, pages of files among
///   it
/// @param pss with its share of what others have mapped too
/// @param anonymous `Anonymous`: without pages of files
record OwnMemory(double privatePages, double pss, double anonymous) {
    private static final double KIBIBYTES = 1024;

    static OwnMemory of(long pid) throws IOException {
        double privatePages = 0;
        double pss = 0;
        double anonymous = 0;
        for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
            if (line.startsWith("Private_Clean:") || line.startsWith("Private_Dirty:")) {
                privatePages += kibibytes(line);
            } else if (line.startsWith("Pss:")) {
                pss = kibibytes(line);
            } else if (line.startsWith("Anonymous:")) {
                anonymous += kibibytes(line);
            }
        }
        return new OwnMemory(privatePages / KIBIBYTES, pss / KIBIBYTES, anonymous / KIBIBYTES);
    }

    private static long kibibytes(String line) {
        return Long.parseLong(line.replaceAll("\\D+", ""));
    }

    /// Adds it to what is known of an arm.
    void addTo(Samples samples, Arm arm, Subject subject) {
        samples.add(new Series(Metric.MEMORY_PRIVATE, arm, subject), privatePages);
        samples.add(new Series(Metric.MEMORY_PSS, arm, subject), pss);
        samples.add(new Series(Metric.MEMORY_ANONYMOUS, arm, subject), anonymous);
    }
}
