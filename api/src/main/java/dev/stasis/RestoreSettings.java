package dev.stasis;

import java.util.Map;
import java.util.Optional;

/// What {@link RestoreBuilder} gathered.
///
/// @param env variables that are added to the snapshot's, or replace those of the same name
/// @param disk the size of its disk, if not that of the snapshot
/// @param binding how the fork hangs on this process and this computer
public record RestoreSettings(
        Map<String, String> env, Optional<ByteSize> disk, SandboxSettings.Binding binding) {
    /// Checks and copies.
    public RestoreSettings {
        env = Map.copyOf(env);
        env.keySet().forEach(Environment::checkName);
        disk = disk.map(SandboxSettings::checkDisk);
    }
}
