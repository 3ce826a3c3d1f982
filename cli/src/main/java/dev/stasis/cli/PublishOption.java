package dev.stasis.cli;

import java.util.List;
import picocli.CommandLine.Option;

/// `-p`: ports of this computer that lead into a sandbox.
final class PublishOption {
    @Option(
            names = {"-p", "--publish"},
            paramLabel = "[[ADDRESS:]PORT:]GUEST",
            description =
                    "Lets a port of this computer lead to a TCP port of the sandbox, such as 8080:80;"
                            + " 127.0.0.1::80 takes any that is free. The address is 127.0.0.1"
                            + " unless said otherwise. Repeatable.")
    List<String> ports = List.of();
}
