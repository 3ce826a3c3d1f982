package dev.stasis;

/// Who wrote what is in the logs of a sandbox.
public enum LogSource {
    /// The sandbox's commands, as its agent tells of them: all of it is what the guest says.
    EXEC,
    /// The guest's kernel, on its console: all of it is what the guest says.
    KERNEL,
    /// The machine itself, which is QEMU.
    MACHINE
}
