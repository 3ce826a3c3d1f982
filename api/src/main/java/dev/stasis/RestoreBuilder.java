package dev.stasis;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Says in what a fork differs from its snapshot. Not thread-safe.
public final class RestoreBuilder {
    private final Map<String, String> env = new LinkedHashMap<>();
    private Optional<ByteSize> disk = Optional.empty();
    private boolean attached = true;
    private boolean requireKvm;

    /// Makes one that changes nothing.
    public RestoreBuilder() {}

    /// A variable of every command that is started in the fork: added to those of the snapshot, or
    /// in place of the one of that name. Processes that were running when the snapshot was taken
    /// keep their environment.
    public RestoreBuilder env(String name, String value) {
        env.put(name, value);
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

    /// Lets the fork live on when the process that makes it ends: nothing but {@link
    /// Sandbox#remove()} removes it then.
    public RestoreBuilder detached() {
        this.attached = false;
        return this;
    }

    /// Refuses to run without hardware virtualisation, where code in the guest is not kept in by
    /// hardware.
    public RestoreBuilder requireKvm() {
        this.requireKvm = true;
        return this;
    }

    /// What was gathered, checked.
    ///
    /// @throws StasisException when something is wrong
    public RestoreSettings build() {
        return new RestoreSettings(env, disk, new SandboxSettings.Binding(attached, requireKvm));
    }
}
