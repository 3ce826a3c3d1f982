package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The CPU of this computer, as the kernel describes it.
///
/// @param model its name
/// @param features what it can do, in order
record HostCpu(String model, List<String> features) {
    private static final Path SOURCE = Path.of("/proc/cpuinfo");

    static HostCpu read() {
        try (var lines = Files.lines(SOURCE)) {
            var first = lines.takeWhile(line -> !line.isBlank()).toList();
            return new HostCpu(
                    value(first, "model name"),
                    Stream.of(value(first, "flags").split(" ", -1))
                            .filter(flag -> !flag.isEmpty())
                            .sorted()
                            .toList());
        } catch (IOException e) {
            throw new StasisException(ErrorCode.IO_FAILED, SOURCE + " can't be read", e);
        }
    }

    private static String value(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }
}
