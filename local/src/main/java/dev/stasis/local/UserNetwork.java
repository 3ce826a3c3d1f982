package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.Network;
import dev.stasis.StasisException;
import dev.stasis.machine.MachineSpec;
import dev.stasis.store.Setup;
import java.util.HashMap;
import java.util.List;

/// How a sandbox reaches the world: by passt, a program without privileges that is the other end of
/// the machine's network device, and turns what the guest sends into connections of its own. There
/// is one for each machine, and it ends with it.
///
/// The guest's addresses are the same everywhere, so that it can go on in another place.
final class UserNetwork {
    static final String PROGRAM = "passt";

    /// What a guest with a network can reach, for people.
    static final String REACH =
            "sandboxes with --network nat reach over IPv4 what this computer reaches, its own addresses included but those of its loopback";

    private static final String FACT = "network";
    private static final String ADDRESS = "10.0.2.15";
    private static final String MASK = "255.255.255.0";
    private static final String GATEWAY = "10.0.2.2";
    private static final String NAMES = "10.0.2.3";
    private static final String MAC = "52:54:00:53:54:02";

    private static final List<String> COMMAND =
            List.of(
                    PROGRAM,
                    "--foreground",
                    "--quiet",
                    "--stderr",
                    "--ipv4-only",
                    "--address",
                    ADDRESS,
                    "--netmask",
                    MASK,
                    "--gateway",
                    GATEWAY,
                    "--mac-addr",
                    MAC,
                    "--dns-forward",
                    NAMES,
                    "--no-map-gw",
                    "--no-dhcp",
                    "--tcp-ports",
                    "none",
                    "--udp-ports",
                    "none",
                    "--fd",
                    MachineSpec.PEER);

    private UserNetwork() {}

    /// What a set-up's machine can reach.
    static Network of(Setup setup) {
        return Network.NAT.name().equals(setup.machine().get(FACT)) ? Network.NAT : Network.NONE;
    }

    /// A set-up whose machine can reach this.
    static Setup in(Setup setup, Network network) {
        if (network == Network.NONE) {
            return setup;
        }
        var facts = new HashMap<>(setup.machine());
        facts.put(FACT, network.name());
        return setup.withMachine(facts);
    }

    /// The program at the other end of a set-up's network device.
    static List<String> command(Setup setup) {
        return switch (of(setup)) {
            case NONE -> List.of();
            case NAT -> COMMAND;
        };
    }

    /// What the guest's kernel is told.
    static String kernelOption(Setup setup) {
        return switch (of(setup)) {
            case NONE -> "";
            case NAT ->
                    " stasis_network=" + String.join(",", List.of(ADDRESS, MASK, GATEWAY, NAMES));
        };
    }

    /// Makes sure that a set-up's machine can be started.
    ///
    /// @throws StasisException with {@link ErrorCode#PROGRAM_MISSING}
    static void require(Setup setup) {
        if (of(setup) != Network.NONE && !Program.onPath(PROGRAM)) {
            throw new StasisException(
                    ErrorCode.PROGRAM_MISSING,
                    "A sandbox with a network needs the program passt, which is not installed: apt-get install passt");
        }
    }
}
