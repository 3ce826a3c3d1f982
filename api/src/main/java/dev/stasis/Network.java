package dev.stasis;

/// What a sandbox can reach. Ports can be published with any of these.
public enum Network {
    /// Nothing: it has no network device.
    NONE,
    /// What this computer can connect to over IPv4, by addresses of this computer's: TCP, UDP and
    /// names. That includes this computer's own addresses but those of its loopback. Nobody can
    /// connect to it but through published ports.
    NAT
}
