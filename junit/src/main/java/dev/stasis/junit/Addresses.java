package dev.stasis.junit;

import dev.stasis.Sandbox;
import java.net.Inet6Address;

/// Addresses of a sandbox's published ports, as clients on this computer want them. No driver is
/// needed to build them.
public final class Addresses {
    private Addresses() {}

    /// Such as `127.0.0.1:40123`.
    ///
    /// @param sandbox has the port published
    /// @param port the port in the sandbox
    /// @throws dev.stasis.StasisException as {@link Sandbox#address}
    public static String hostAndPort(Sandbox sandbox, int port) {
        var address = sandbox.address(port);
        var host = address.getAddress();
        String text = host.getHostAddress();
        return (host instanceof Inet6Address ? "[" + text + "]" : text) + ":" + address.getPort();
    }

    /// The URL of a PostgreSQL database, such as `jdbc:postgresql://127.0.0.1:40123/postgres`.
    ///
    /// @param sandbox has the port published
    /// @param port the port in the sandbox
    /// @param database the name of the database
    /// @throws dev.stasis.StasisException as {@link Sandbox#address}
    public static String jdbcUrl(Sandbox sandbox, int port, String database) {
        return jdbcUrl("postgresql", sandbox, port, database);
    }

    /// The URL of a database of any kind, such as `jdbc:mysql://127.0.0.1:40123/orders`.
    ///
    /// @param kind what stands after `jdbc:`, as the driver's documentation says
    /// @param sandbox has the port published
    /// @param port the port in the sandbox
    /// @param database the name of the database, and parameters after that
    /// @throws dev.stasis.StasisException as {@link Sandbox#address}
    public static String jdbcUrl(String kind, Sandbox sandbox, int port, String database) {
        return "jdbc:" + kind + "://" + hostAndPort(sandbox, port) + "/" + database;
    }
}
