package dev.stasis.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A process, told from later ones with the same number by its start.
///
/// @param pid its number
/// @param startTime when it began, in the kernel's clock ticks since boot
record ProcessId(long pid, long startTime) {
    private static final int STATE_FIELD = 0;
    private static final int START_FIELD = 19;

    /// Whether it runs; a process that has ended but was not waited for yet does not.
    boolean isAlive() {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // the name before the last ")" may hold anything
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[START_FIELD].strip()) == startTime
                    && !"ZX".contains(fields[STATE_FIELD]);
        } catch (IOException e) {
            return false;
        }
    }

    /// Its handle, as long as it runs.
    Optional<ProcessHandle> handle() {
        return isAlive() ? ProcessHandle.of(pid) : Optional.empty();
    }
}
