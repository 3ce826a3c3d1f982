package dev.stasis.cli;

import dev.stasis.Network;
import dev.stasis.PullPolicy;
import dev.stasis.SandboxBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options that say what a new sandbox is like.
final class SandboxOptions {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Its name; made up when none is given.")
    @Nullable String name;

    @Option(
            names = "--image",
            paramLabel = "IMAGE",
            description =
                    "'busybox' (the default), an image such as python:3.12, the digest of one that"
                            + " is here, or a file: an archive of an image, or a root file system.")
    @Nullable String image;

    @Option(
            names = "--pull",
            paramLabel = "POLICY",
            converter = PullPolicyConverter.class,
            description =
                    "When the registry is asked for the image: 'if-missing' (the default), 'always'"
                            + " or 'never'.")
    @Nullable PullPolicy pull;

    @Mixin RegistryOptions registry = new RegistryOptions();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "The guest's memory, such as 512M (the default) or 2G.")
    @Nullable String memory;

    @Option(
            names = "--cpus",
            paramLabel = "N",
            description = "The guest's CPUs; 1 unless said otherwise.")
    @Nullable Integer cpus;

    @Option(
            names = "--max-cpus",
            paramLabel = "N",
            description =
                    "The most CPUs that it and its forks can be given later; 8, or as many as this"
                            + " computer has, unless said otherwise.")
    @Nullable Integer maxCpus;

    @Option(
            names = "--max-memory",
            paramLabel = "SIZE",
            description =
                    "The most memory that it and its forks can be given later; 64G unless said"
                            + " otherwise.")
    @Nullable String maxMemory;

    @Option(
            names = "--disk",
            paramLabel = "SIZE",
            description =
                    "The size of the guest's disk, such as 4G (the default, and the smallest) or 20G.")
    @Nullable String disk;

    @Option(
            names = "--env",
            paramLabel = "NAME=VALUE",
            description = "A variable of every command in the sandbox. Repeatable.")
    Map<String, String> env = new LinkedHashMap<>();

    @Option(
            names = "--unset-env",
            paramLabel = "NAME",
            description = "Takes a variable of the image's away. Repeatable; goes over --env.")
    List<String> unsetEnv = List.of();

    @Option(
            names = "--network",
            paramLabel = "none|nat",
            description =
                    "What it and its forks can reach: nothing ('none', the default), or what this"
                            + " computer reaches but its loopback ('nat', by the program passt).")
    Network network = Network.NONE;

    @Mixin PublishOption published = new PublishOption();

    @Mixin TermOptions terms = new TermOptions();

    @Option(
            names = "--require-kvm",
            description =
                    "Refuses to run without hardware virtualisation, where hostile code is not kept"
                            + " in.")
    boolean requireKvm;

    Optional<String> name() {
        return Optional.ofNullable(name);
    }

    void applyTo(SandboxBuilder builder) {
        if (image != null) {
            builder.image(image);
        }
        builder.pull(registry::applyTo);
        if (pull != null) {
            var policy = pull;
            builder.pull(settings -> settings.policy(policy));
        }
        if (memory != null) {
            builder.memory(memory);
        }
        if (cpus != null) {
            builder.cpus(cpus);
        }
        if (maxCpus != null) {
            builder.maxCpus(maxCpus);
        }
        if (maxMemory != null) {
            builder.maxMemory(maxMemory);
        }
        if (disk != null) {
            builder.disk(disk);
        }
        env.forEach(builder::env);
        unsetEnv.forEach(builder::unsetEnv);
        builder.network(network);
        published.ports.forEach(builder::publish);
        terms.applyTo(builder);
        if (requireKvm) {
            builder.requireKvm();
        }
    }
}
