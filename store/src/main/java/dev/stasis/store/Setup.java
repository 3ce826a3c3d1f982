package dev.stasis.store;

import dev.stasis.ByteSize;
import dev.stasis.ImageConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a sandbox was set up with, and a snapshot of it therefore was taken of.
///
/// @param image the root file system
/// @param memory the guest's memory in use
/// @param cpus the guest's CPUs in use
/// @param most what it can have at most; null when it was made so that it can't change
/// @param env variables of every command
/// @param accelerator what runs the CPUs
/// @param machine facts of the machine that a restore must match, and whatever else the composing
///   module wants to know again: a tree of JSON values without nulls, not interpreted here
public record Setup(
        Image image,
        ByteSize memory,
        int cpus,
        @Nullable Most most,
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
        return new Setup(image, memory, cpus, most, other, accelerator, machine);
    }

    /// The same with other CPUs and memory in use.
    public Setup withSize(int otherCpus, ByteSize otherMemory) {
        return new Setup(image, otherMemory, otherCpus, most, env, accelerator, machine);
    }

    /// The same with another root file system of the same image.
    public Setup withImage(String digest) {
        var other = new Image(image.reference, digest, image.config);
        return new Setup(other, memory, cpus, most, env, accelerator, machine);
    }

    /// The same with other facts of the machine.
    public Setup withMachine(Map<String, Object> other) {
        return new Setup(image, memory, cpus, most, env, accelerator, other);
    }

    Map<String, Object> tree() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("image", image.tree());
        tree.put("memory", memory.bytes());
        tree.put("cpus", cpus);
        if (most != null) {
            tree.put("most", Map.of("memory", most.memory.bytes(), "cpus", most.cpus));
        }
        tree.put("env", env);
        tree.put("accelerator", accelerator);
        tree.put("machine", machine);
        return tree;
    }

    static Setup read(Document document) {
        var image = document.object("image");
        return new Setup(
                Image.read(image),
                new ByteSize(document.number("memory")),
                document.smallNumber("cpus"),
                Most.read(document),
                document.texts("env"),
                document.text("accelerator"),
                document.tree("machine"));
    }

    /// What a sandbox and its forks can have at most.
    ///
    /// @param memory as much memory
    /// @param cpus as many CPUs
    public record Most(ByteSize memory, int cpus) {
        private static @Nullable Most read(Document setup) {
            if (!setup.has("most")) {
                return null;
            }
            var most = setup.object("most");
            return new Most(new ByteSize(most.number("memory")), most.smallNumber("cpus"));
        }
    }

    /// A root file system.
    ///
    /// @param reference what the user called it
    /// @param digest which one it was
    /// @param config how it wants to be run; what only describes it is not kept
    public record Image(String reference, String digest, ImageConfig config) {
        private static final String CONFIG = "config";

        /// One that does not say how it wants to be run.
        public Image(String reference, String digest) {
            this(reference, digest, ImageConfig.EMPTY);
        }

        private Map<String, Object> tree() {
            var tree = new LinkedHashMap<String, Object>();
            tree.put("reference", reference);
            tree.put("digest", digest);
            var told = new LinkedHashMap<String, Object>();
            told.put("entrypoint", config.entrypoint());
            told.put("cmd", config.cmd());
            told.put("user", config.user());
            told.put("workingDir", config.workingDir());
            told.put("stopSignal", config.stopSignal());
            tree.put(CONFIG, told);
            return tree;
        }

        private static Image read(Document image) {
            return new Image(
                    image.text("reference"),
                    image.text("digest"),
                    image.has(CONFIG) ? config(image.object(CONFIG)) : ImageConfig.EMPTY);
        }

        /// Its variables are the sandbox's by then.
        private static ImageConfig config(Document told) {
            return new ImageConfig(
                    told.textsOrNone("entrypoint"),
                    told.textsOrNone("cmd"),
                    Map.of(),
                    told.text("user"),
                    told.text("workingDir"),
                    told.text("stopSignal"),
                    List.of(),
                    Map.of());
        }
    }
}
