package dev.stasis;

/// What runs the guest's CPUs.
public enum Accelerator {
    /// The processor's own virtualisation, through Linux's KVM: fast, and a boundary for hostile
    /// code.
    KVM,
    /// Emulation in software: works everywhere, is slower, and is no isolation boundary for hostile
    /// code.
    TCG
}
