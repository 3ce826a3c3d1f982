package dev.stasis;

import java.util.List;

/// What a new sandbox can reach, and how it can be reached.
///
/// @param network what it can reach
/// @param ports the ports of this computer that lead into it; at most {@link PublishedPort#MOST}
public record NetworkSettings(Network network, List<PublishedPort> ports) {
    /// Checks and copies.
    public NetworkSettings {
        ports = PublishedPort.check(ports);
    }
}
