package dev.stasis;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How an image wants to be run. What an image does not say is empty.
///
/// @param entrypoint the program that every command line begins with, and its first arguments
/// @param cmd the arguments, or the whole command line, used when none is given
/// @param env variables of every command, in the image's order
/// @param user who commands run as: a name or number, which may be followed by `:` and a group;
///   empty = root
/// @param workingDir the folder that commands run in; empty = `/`
/// @param stopSignal the signal that asks the image's program to end, such as `SIGTERM` or `15`
/// @param exposedPorts what it listens on, such as `80/tcp`
/// @param labels what its maker wrote on it
public record ImageConfig(
        List<String> entrypoint,
        List<String> cmd,
        Map<String, String> env,
        String user,
        String workingDir,
        String stopSignal,
        List<String> exposedPorts,
        Map<String, String> labels) {
    /// Of an image that says nothing, such as a plain root file system.
    public static final ImageConfig EMPTY =
            new ImageConfig(List.of(), List.of(), Map.of(), "", "", "", List.of(), Map.of());

    /// Copies.
    public ImageConfig {
        entrypoint = List.copyOf(entrypoint);
        cmd = List.copyOf(cmd);
        env = Collections.unmodifiableMap(new LinkedHashMap<>(env));
        exposedPorts = List.copyOf(exposedPorts);
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    }
}
