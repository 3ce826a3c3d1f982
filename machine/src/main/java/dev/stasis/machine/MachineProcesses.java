package dev.stasis.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/// The two processes of a machine, as its launcher wrote them down.
///
/// @param launcher the parent
/// @param qemu the machine
record MachineProcesses(ProcessId launcher, ProcessId qemu) {
    private static final Pattern FORM =
            Pattern.compile("launcher (\\d{1,18}) (\\d{1,18})\\s+qemu (\\d{1,18}) (\\d{1,18})\\s*");
    private static final long LARGEST_BYTES = 1024;

    /// Reads the file.
    ///
    /// @return empty when there is none
    static Optional<MachineProcesses> read(Path file) throws IOException {
        try {
            if (Files.size(file) > LARGEST_BYTES) {
                throw new IOException(file + " is too long");
            }
            var match = FORM.matcher(Files.readString(file));
            if (!match.matches()) {
                throw new IOException(file + " does not name two processes");
            }
            return Optional.of(
                    new MachineProcesses(
                            id(match.group(1), match.group(2)),
                            id(match.group(3), match.group(4))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static ProcessId id(String pid, String startTime) {
        return new ProcessId(Long.parseLong(pid), Long.parseLong(startTime));
    }
}
