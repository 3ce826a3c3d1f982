package dev.stasis.junit;

/// What a sandbox can reach.
public enum Network {
    /// Nothing: it has a loopback of its own and no other network.
    NONE
}
