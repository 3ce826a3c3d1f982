package dev.stasis.local;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How large this computer is.
///
/// @param cpus that this process may use
/// @param memory its RAM
record HostSize(int cpus, ByteSize memory) {
    private static final Path MEMORY = Path.of("/proc/meminfo");

    static HostSize read() {
        return new HostSize(
                Runtime.getRuntime().availableProcessors(), new ByteSize(bytes("MemTotal:")));
    }

    /// How much memory programs can still have.
    static ByteSize available() {
        return new ByteSize(bytes("MemAvailable:"));
    }

    private static long bytes(String what) {
        try (var lines = Files.lines(MEMORY)) {
            return 1024
                    * lines.filter(line -> line.startsWith(what))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                            .sum();
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, MEMORY + " can't be read", e);
        }
    }
}
