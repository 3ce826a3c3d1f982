package dev.stasis;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/// What {@link RestoreBuilder} gathered.
///
/// @param env what it says of the environment, over the snapshot's
/// @param cpus its CPUs, if not as many as the snapshot's
/// @param memory its memory, if not as much as the snapshot's
/// @param disk the size of its disk, if not that of the snapshot
/// @param ports which of its ports are published
/// @param binding how the fork hangs on this process and this computer
/// @param terms on which terms it is kept
/// @param progress told what has been done, a line a step
public record RestoreSettings(
        Environment env,
        OptionalInt cpus,
        Optional<ByteSize> memory,
        Optional<ByteSize> disk,
        RestoredPorts ports,
        SandboxSettings.Binding binding,
        SandboxTerms terms,
        Consumer<String> progress) {
    /// Checks.
    public RestoreSettings {
        cpus.ifPresent(SandboxSettings::checkCpus);
        memory = memory.map(SandboxSettings::checkMemory);
        disk = disk.map(SandboxSettings::checkDisk);
    }
}
