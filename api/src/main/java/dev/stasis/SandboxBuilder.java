package dev.stasis;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/// Says what a new sandbox is like. Not thread-safe.
public final class SandboxBuilder extends TermsBuilder<SandboxBuilder> {
    /// The image that is used when none is named.
    public static final String DEFAULT_IMAGE = "busybox";

    /// The memory of a sandbox unless something else is said.
    public static final ByteSize DEFAULT_MEMORY = ByteSize.ofMebibytes(512);

    /// The least memory a sandbox can have.
    public static final ByteSize SMALLEST_MEMORY = ByteSize.ofMebibytes(128);

    /// The disk of a sandbox unless something else is said, and the smallest.
    public static final ByteSize DEFAULT_DISK = ByteSize.parse("4G");

    /// The largest disk a sandbox can have.
    public static final ByteSize LARGEST_DISK = ByteSize.parse("1T");

    /// The most CPUs a sandbox can have.
    public static final int MOST_CPUS = 64;

    /// What a sandbox's memory can be raised to unless something else is said.
    public static final ByteSize DEFAULT_MEMORY_LIMIT = ByteSize.parse("64G");

    /// What a sandbox's CPUs can be raised to unless something else is said, if this computer does
    /// not have more.
    public static final int DEFAULT_CPU_LIMIT = 8;

    private String image = DEFAULT_IMAGE;
    private ByteSize memory = DEFAULT_MEMORY;
    private int cpus = 1;
    private Optional<ByteSize> maxMemory = Optional.empty();
    private OptionalInt maxCpus = OptionalInt.empty();
    private final Environment.Builder env = new Environment.Builder();
    private ByteSize disk = DEFAULT_DISK;
    private Network network = Network.NONE;
    private final List<PublishedPort> ports = new ArrayList<>();
    private boolean requireKvm;
    private final PullBuilder pull = new PullBuilder().policy(PullPolicy.IF_MISSING);
    private Consumer<String> progress = _ -> {};

    /// Makes one with the defaults.
    public SandboxBuilder() {}

    @Override
    SandboxBuilder self() {
        return this;
    }

    /// The image: `busybox`, which is built in; the name of an image in a registry, such as
    /// `python:3.12`; the digest of one that is here, or its beginning; or a file, which holds one
    /// image or a root file system. A file is what begins with `/`, `./` or `../`, or ends as tar
    /// files do: `.tar`, `.tar.gz`, `.tgz` or `.tar.zst`.
    public SandboxBuilder image(String image) {
        this.image = image;
        return this;
    }

    /// How an image of a registry is got: from there if it is not here, unless said otherwise.
    ///
    /// @param settings says it
    public SandboxBuilder pull(Consumer<PullBuilder> settings) {
        settings.accept(pull);
        return this;
    }

    /// The guest's memory, such as `"512M"` or `"2G"`; {@link #DEFAULT_MEMORY} unless said
    /// otherwise.
    public SandboxBuilder memory(String size) {
        return memory(ByteSize.parse(size));
    }

    /// The guest's memory; {@link #DEFAULT_MEMORY} unless said otherwise.
    public SandboxBuilder memory(ByteSize size) {
        this.memory = size;
        return this;
    }

    /// The guest's CPUs; 1 unless said otherwise.
    public SandboxBuilder cpus(int cpus) {
        this.cpus = cpus;
        return this;
    }

    /// The most CPUs that the sandbox and its forks can be given later; {@link #DEFAULT_CPU_LIMIT}
    /// or as many as this computer has unless said otherwise. Each costs time when the sandbox is
    /// booted.
    public SandboxBuilder maxCpus(int cpus) {
        this.maxCpus = OptionalInt.of(cpus);
        return this;
    }

    /// The most memory that the sandbox and its forks can be given later, such as `"16G"`; {@link
    /// #DEFAULT_MEMORY_LIMIT} unless said otherwise. It costs nothing.
    public SandboxBuilder maxMemory(String size) {
        return maxMemory(ByteSize.parse(size));
    }

    /// The most memory that the sandbox and its forks can be given later; {@link
    /// #DEFAULT_MEMORY_LIMIT} unless said otherwise. It costs nothing.
    public SandboxBuilder maxMemory(ByteSize size) {
        this.maxMemory = Optional.of(size);
        return this;
    }

    /// The disk on which everything lies that is written in the guest, such as `"10G"`; {@link
    /// #DEFAULT_DISK} unless said otherwise. It takes space on this computer only as it is filled.
    public SandboxBuilder disk(String size) {
        return disk(ByteSize.parse(size));
    }

    /// The disk on which everything lies that is written in the guest; {@link #DEFAULT_DISK} unless
    /// said otherwise.
    public SandboxBuilder disk(ByteSize size) {
        this.disk = size;
        return this;
    }

    /// A variable of every command in the sandbox, over the image's of the same name.
    public SandboxBuilder env(String name, String value) {
        env.set(name, value);
        return this;
    }

    /// Takes a variable of the image's away from every command in the sandbox. `PATH` and `HOME`
    /// have their defaults then.
    public SandboxBuilder unsetEnv(String name) {
        env.unset(name);
        return this;
    }

    /// What the sandbox and its forks can reach; nothing unless said otherwise. {@link Network#NAT}
    /// needs the program passt.
    public SandboxBuilder network(Network network) {
        this.network = network;
        return this;
    }

    /// Lets a port of this computer lead to a port in the sandbox; it listens on 127.0.0.1 unless
    /// another address is given. Several can be published. It works without any network.
    ///
    /// @param port as {@link PublishedPort#parse} reads it, such as `"8080:80"` or, for any free
    ///   port, `"80"`; {@link Sandbox#address} says which that is
    public SandboxBuilder publish(String port) {
        ports.add(PublishedPort.parse(port));
        return this;
    }

    /// Lets any free port of 127.0.0.1 lead to a port in the sandbox: {@link Sandbox#address} says
    /// which.
    ///
    /// @param guestPort the port in the sandbox
    public SandboxBuilder publish(int guestPort) {
        ports.add(new PublishedPort(PublishedPort.LOOPBACK, 0, guestPort));
        return this;
    }

    /// Refuses to run without hardware virtualisation, where code in the guest is not kept in by
    /// hardware.
    public SandboxBuilder requireKvm() {
        this.requireKvm = true;
        return this;
    }

    /// Is told what is being done, a line a step; called on the thread that creates.
    public SandboxBuilder progress(Consumer<String> progress) {
        this.progress = progress;
        return this;
    }

    private SizeLimits limits() {
        int usualCpus = Math.max(DEFAULT_CPU_LIMIT, Runtime.getRuntime().availableProcessors());
        var usualMemory =
                memory.compareTo(DEFAULT_MEMORY_LIMIT) < 0 ? DEFAULT_MEMORY_LIMIT : memory;
        return new SizeLimits(
                maxCpus.orElse(Math.max(cpus, Math.min(usualCpus, MOST_CPUS))),
                maxMemory.orElse(usualMemory));
    }

    /// What was gathered, checked.
    ///
    /// @throws StasisException when something is wrong
    public SandboxSettings build() {
        return new SandboxSettings(
                image,
                memory,
                cpus,
                limits(),
                disk,
                env.build(),
                new NetworkSettings(network, ports),
                new SandboxSettings.Binding(isAttached(), requireKvm),
                terms(),
                pull.build(),
                progress);
    }
}
