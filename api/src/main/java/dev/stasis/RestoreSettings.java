package dev.stasis;

import java.util.Map;

/// What {@link RestoreBuilder} gathered.
///
/// @param env variables that are added to the snapshot's, or replace those of the same name
/// @param binding how the fork hangs on this process and this computer
public record RestoreSettings(Map<String, String> env, SandboxSettings.Binding binding) {
    /// Checks and copies.
    public RestoreSettings {
        env = Map.copyOf(env);
        env.keySet().forEach(Environment::checkName);
    }
}
