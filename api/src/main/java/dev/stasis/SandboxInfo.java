package dev.stasis;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a sandbox is and how it is, at the moment of asking.
///
/// @param id its id, which no other sandbox ever has
/// @param name its name
/// @param state what it is doing
/// @param reason how its machine ended, or why it stands still, where there is more to say than the
///   state
/// @param cause why it has no machine any more, if it has none and that is known
/// @param image the image it was made from
/// @param cpus the guest's CPUs in use
/// @param memory the guest's memory in use
/// @param limits what those can be raised to
/// @param env variables of every command in it
/// @param network what it can reach
/// @param ports the ports of this computer that lead into it while its machine lives
/// @param created when it was made
/// @param accelerator what runs its CPUs
/// @param attached whether it ends with the process that made it
/// @param labels its labels
/// @param lifetime how long its machine may live
/// @param snapshot the id of the snapshot it was restored from, if it was
public record SandboxInfo(
        String id,
        String name,
        SandboxState state,
        Optional<String> reason,
        Optional<EndCause> cause,
        String image,
        int cpus,
        ByteSize memory,
        SizeLimits limits,
        Map<String, String> env,
        Network network,
        List<PublishedPort> ports,
        Instant created,
        Accelerator accelerator,
        boolean attached,
        Map<String, String> labels,
        Lifetime lifetime,
        Optional<String> snapshot) {
    /// Copies.
    public SandboxInfo {
        env = Map.copyOf(env);
        ports = List.copyOf(ports);
        labels = Map.copyOf(labels);
    }
}
