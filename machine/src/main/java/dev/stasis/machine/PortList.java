package dev.stasis.machine;

import dev.stasis.ErrorCode;
import dev.stasis.PublishedPort;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The ports that lead into a machine, as its launcher is told of them, and as it writes down where
/// it listens: a line each, `ADDRESS PORT GUEST-PORT`.
final class PortList {
    private static final Pattern LINE = Pattern.compile("(\\S+) (\\d{1,5}) (\\d{1,5})");
    private static final Pattern REFUSED = Pattern.compile("failed (\\d+) publish (\\S+): (.*)");
    private static final int LONGEST = 4096;

    private PortList() {}

    /// The launcher's options.
    static List<String> options(MachineSpec spec) {
        var ports = spec.ports();
        var options = new ArrayList<String>();
        if (ports.lane() == 0) {
            return options;
        }
        options.addAll(List.of("--lane", spec.files().lane(ports.lane()).toString()));
        for (var port : ports.published()) {
            var where = port.hostAddress() + "/" + port.hostPort() + "/" + port.guestPort();
            options.addAll(List.of("--publish", where));
        }
        return options;
    }

    /// What a launcher wrote down.
    ///
    /// @return empty when nothing is published
    static List<PublishedPort> read(Path file) throws IOException {
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            bytes = in.readNBytes(LONGEST);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return new String(bytes, StandardCharsets.UTF_8)
                .lines()
                .map(LINE::matcher)
                .filter(matcher -> matcher.matches())
                .map(matcher ->
                        new PublishedPort(
                                matcher.group(1),
                                Integer.parseInt(matcher.group(2)),
                                Integer.parseInt(matcher.group(3))))
                .toList();
    }

    /// Throws if a launcher's answer is that a port can't be published.
    static void check(String answer) {
        var refused = REFUSED.matcher(answer);
        if (refused.matches()) {
            var parts = refused.group(2).split("/", -1);
            throw new StasisException(
                    ErrorCode.PORT_TAKEN,
                    "Port %s of %s can't lead to port %s of the sandbox: %s; publish another one, or leave it out for any that is free"
                            .formatted(
                                    parts.length > 1 ? parts[1] : "?",
                                    parts[0],
                                    parts[parts.length - 1],
                                    refused.group(3)));
        }
    }
}
