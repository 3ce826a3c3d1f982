package dev.stasis.store;

import dev.stasis.ByteSize;
import java.util.Map;

/// What a sandbox was set up with, and a snapshot of it therefore was taken of.
///
/// @param image the root file system
/// @param memory the guest's memory
/// @param cpus the guest's CPUs
/// @param env variables of every command
/// @param accelerator what runs the CPUs
/// @param machine facts of the machine that a restore must match, and whatever else the composing
///   module wants to know again: a tree of JSON values without nulls, not interpreted here
public record Setup(
        Image image,
        ByteSize memory,
        int cpus,
        Map<String, String> env,
        String accelerator,
        Map<String, Object> machine) {
    /// Checks and copies.
    public Setup {
        if (cpus < 1 || memory.bytes() < 1) {
            throw new IllegalArgumentException(cpus + " CPUs, memory " + memory);
        }
        env = Map.copyOf(env);
        machine = Map.copyOf(machine);
    }

    /// The same with other variables.
    public Setup withEnv(Map<String, String> other) {
        return new Setup(image, memory, cpus, other, accelerator, machine);
    }

    /// The same with other facts of the machine.
    public Setup withMachine(Map<String, Object> other) {
        return new Setup(image, memory, cpus, env, accelerator, other);
    }

    Map<String, Object> tree() {
        return Map.of(
                "image",
                Map.of("reference", image.reference, "digest", image.digest),
                "memory",
                memory.bytes(),
                "cpus",
                cpus,
                "env",
                env,
                "accelerator",
                accelerator,
                "machine",
                machine);
    }

    static Setup read(Document document) {
        var image = document.object("image");
        return new Setup(
                new Image(image.text("reference"), image.text("digest")),
                new ByteSize(document.number("memory")),
                document.smallNumber("cpus"),
                document.texts("env"),
                document.text("accelerator"),
                document.tree("machine"));
    }

    /// A root file system.
    ///
    /// @param reference what the user called it
    /// @param digest which one it was
    public record Image(String reference, String digest) {}
}
