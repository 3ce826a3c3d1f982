package dev.stasis;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/// Says in what a fork differs from its snapshot. Not thread-safe.
public final class RestoreBuilder extends TermsBuilder<RestoreBuilder> {
    private final Environment.Builder env = new Environment.Builder();
    private OptionalInt cpus = OptionalInt.empty();
    private Optional<ByteSize> memory = Optional.empty();
    private Optional<ByteSize> disk = Optional.empty();
    private final List<PublishedPort> ports = new ArrayList<>();
    private boolean portsMoved;
    private boolean requireKvm;
    private Consumer<String> progress = _ -> {};

    /// Makes one that changes nothing.
    public RestoreBuilder() {}

    @Override
    RestoreBuilder self() {
        return this;
    }

    /// A variable of every command that is started in the fork: added to those of the snapshot, or
    /// in place of the one of that name. Processes that were running when the snapshot was taken
    /// keep their environment.
    public RestoreBuilder env(String name, String value) {
        env.set(name, value);
        return this;
    }

    /// Takes a variable of the snapshot's away from every command that is started in the fork.
    /// `PATH` and `HOME` have their defaults then.
    public RestoreBuilder unsetEnv(String name) {
        env.unset(name);
        return this;
    }

    /// The fork's CPUs, more or fewer than the snapshot's, up to what its sandbox was created for:
    /// see {@link SandboxBuilder#maxCpus}. They are what the guest sees before any process in it
    /// goes on.
    public RestoreBuilder cpus(int cpus) {
        this.cpus = OptionalInt.of(cpus);
        return this;
    }

    /// The fork's memory, such as `"2G"`, see {@link #memory(ByteSize)}.
    public RestoreBuilder memory(String size) {
        return memory(ByteSize.parse(size));
    }

    /// The fork's memory, more or less than the snapshot's, up to what its sandbox was created for:
    /// see {@link SandboxBuilder#maxMemory(ByteSize)}. It comes in blocks of 128 MiB, rounded up;
    /// of less memory, only what the guest can give back is taken. {@link SandboxInfo#memory} says
    /// what was achieved.
    public RestoreBuilder memory(ByteSize size) {
        this.memory = Optional.of(size);
        return this;
    }

    /// The size of the fork's disk, such as `"10G"`: that of the snapshot, or more.
    public RestoreBuilder disk(String size) {
        return disk(ByteSize.parse(size));
    }

    /// The size of the fork's disk: that of the snapshot, or more.
    public RestoreBuilder disk(ByteSize size) {
        this.disk = Optional.of(size);
        return this;
    }

    /// Lets a port of this computer lead to a port in the fork; it listens on 127.0.0.1 unless
    /// another address is given. Several can be published. It works without any network.
    ///
    /// @param port as {@link PublishedPort#parse} reads it, such as `"8080:80"` or, for any free
    ///   port, `"80"`; {@link Sandbox#address} says which that is
    public RestoreBuilder publish(String port) {
        ports.add(PublishedPort.parse(port));
        return this;
    }

    /// Lets any free port of 127.0.0.1 lead to a port in the fork: {@link Sandbox#address} says
    /// which.
    ///
    /// @param guestPort the port in the fork
    public RestoreBuilder publish(int guestPort) {
        ports.add(new PublishedPort(PublishedPort.LOOPBACK, 0, guestPort));
        return this;
    }

    /// Publishes the ports that the snapshot's sandbox had published, each on a free port of the
    /// same address: the source may still have its own. Without this and {@link #publish}, a fork
    /// has none.
    public RestoreBuilder movePorts() {
        this.portsMoved = true;
        return this;
    }

    /// Refuses to run without hardware virtualisation, where code in the guest is not kept in by
    /// hardware.
    public RestoreBuilder requireKvm() {
        this.requireKvm = true;
        return this;
    }

    /// Is told what has been done, a line a step; called on the thread that restores.
    public RestoreBuilder progress(Consumer<String> progress) {
        this.progress = progress;
        return this;
    }

    /// What was gathered, checked.
    ///
    /// @throws StasisException when something is wrong
    public RestoreSettings build() {
        return new RestoreSettings(
                env.build(),
                cpus,
                memory,
                disk,
                new RestoredPorts(ports, portsMoved),
                new SandboxSettings.Binding(isAttached(), requireKvm),
                terms(),
                progress);
    }
}
