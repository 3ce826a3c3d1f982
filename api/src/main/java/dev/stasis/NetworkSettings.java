package dev.stasis;

import java.util.List;

/// How a new sandbox can be reached.
///
/// @param ports the ports of this computer that lead into it; at most {@link PublishedPort#MOST}
public record NetworkSettings(List<PublishedPort> ports) {
    /// Checks and copies.
    public NetworkSettings {
        ports = PublishedPort.check(ports);
    }
}
