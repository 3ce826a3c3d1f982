package dev.stasis.junit;

import dev.stasis.ErrorCode;
import dev.stasis.Network;
import dev.stasis.RestoreBuilder;
import dev.stasis.Sandbox;
import dev.stasis.SandboxBuilder;
import dev.stasis.StasisException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What one {@link Sandboxed} says, checked, and the method that warms it up.
///
/// @param name what the class calls it
/// @param image its image
/// @param memory its memory, if that is said
/// @param cpus its CPUs
/// @param disk the size of its disk, if that is said
/// @param env variables, each as `NAME=value`
/// @param ports those that are published and awaited
/// @param ready how long the ports of a fork may take
/// @param network what it can reach
/// @param warmup what prepares it, if anything does
record Definition(
        String name,
        String image,
        Optional<String> memory,
        int cpus,
        Optional<String> disk,
        List<String> env,
        List<Integer> ports,
        Duration ready,
        Network network,
        Optional<WarmupMethod> warmup) {
    private static final String NAME = "[a-z0-9][a-z0-9_.-]{0,19}";

    Definition {
        env = List.copyOf(env);
        ports = List.copyOf(ports);
        if (ready.isNegative() || ready.isZero()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "@Sandboxed gives the ports of '%s' %d seconds: give 1 or more"
                            .formatted(name, ready.toSeconds()));
        }
        if (!name.matches(NAME)) {
            throw new StasisException(
                    ErrorCode.INVALID_NAME,
                    "@Sandboxed has the name '%s': give 1 to 20 lower case letters, digits, '-', '_' and '.', beginning with a letter or digit"
                            .formatted(name));
        }
    }

    static Definition of(Sandboxed said, Optional<WarmupMethod> warmup) {
        var definition =
                new Definition(
                        said.name(),
                        said.image(),
                        Optional.of(said.memory()).filter(text -> !text.isEmpty()),
                        said.cpus(),
                        Optional.of(said.disk()).filter(text -> !text.isEmpty()),
                        List.of(said.env()),
                        Arrays.stream(said.ports()).boxed().toList(),
                        Duration.ofSeconds(said.readySeconds()),
                        said.network(),
                        warmup);
        var settings = new SandboxBuilder();
        definition.describe(settings);
        settings.build();
        return definition;
    }

    /// Says to a builder what a sandbox of this definition is like.
    void describe(SandboxBuilder settings) {
        settings.image(image).cpus(cpus).network(network);
        ports.forEach(settings::publish);
        memory.ifPresent(settings::memory);
        disk.ifPresent(settings::disk);
        for (String variable : env) {
            int end = variable.indexOf('=');
            if (end < 1) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        "@Sandboxed has the variable '%s': write it as NAME=value"
                                .formatted(variable));
            }
            settings.env(variable.substring(0, end), variable.substring(end + 1));
        }
    }

    /// Says to a builder what a fork has that its snapshot has not.
    void describe(RestoreBuilder settings) {
        ports.forEach(settings::publish);
    }

    /// Waits until a fork's ports take connections.
    void await(Sandbox fork) {
        for (int port : ports) {
            fork.awaitPort(port, ready);
        }
    }

    /// What a warmed snapshot depends on, beside the image and the warm-up.
    List<String> facts() {
        return List.of(
                name,
                memory.orElse(""),
                Integer.toString(cpus),
                disk.orElse(""),
                env.toString(),
                ports.toString(),
                network.name());
    }
}
