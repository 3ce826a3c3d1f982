package dev.stasis;

import java.net.InetAddress;
import java.util.List;

/// A TCP port of this computer whose connections go to a port in a sandbox.
///
/// @param hostAddress where it listens: an IPv4 or IPv6 address, never a name
/// @param hostPort the port there; 0 stands for one that is free, until the sandbox runs
/// @param guestPort the port in the sandbox
public record PublishedPort(String hostAddress, int hostPort, int guestPort) {
    /// Where ports listen unless something else is said: this computer alone can connect.
    public static final String LOOPBACK = "127.0.0.1";

    /// The most ports that a sandbox can have published.
    public static final int MOST = 64;

    private static final int HIGHEST = 65535;

    /// Checks.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    public PublishedPort {
        hostAddress = checkAddress(hostAddress);
        if (hostPort < 0 || hostPort > HIGHEST) {
            throw invalid(
                    "Port "
                            + hostPort
                            + " of this computer is none: give 1 to 65535, or 0 for any");
        }
        checkGuestPort(guestPort);
    }

    /// Reads `GUEST`, `HOST:GUEST`, `ADDRESS:HOST:GUEST` or `ADDRESS::GUEST`. An IPv6 address has
    /// brackets; without a host port any that is free is taken.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    public static PublishedPort parse(String text) {
        int guest = text.lastIndexOf(':');
        int host = guest < 0 ? -1 : text.lastIndexOf(':', guest - 1);
        String address = host < 0 ? LOOPBACK : text.substring(0, host);
        if (address.startsWith("[") && address.endsWith("]")) {
            address = address.substring(1, address.length() - 1);
        } else if (address.indexOf(':') >= 0) {
            throw invalid(
                    "'"
                            + text
                            + "' is no port to publish: an IPv6 address needs brackets, as in"
                            + " [::1]:8080:80");
        }
        String hostPort = guest < 0 ? "" : text.substring(host + 1, guest);
        return new PublishedPort(
                address,
                hostPort.isEmpty() ? 0 : number(hostPort, text),
                number(text.substring(guest + 1), text));
    }

    /// Checks the number of a port in a sandbox.
    ///
    /// @return the same
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT}
    public static int checkGuestPort(int port) {
        if (port < 1 || port > HIGHEST) {
            throw invalid("Port " + port + " of a sandbox is none: give 1 to 65535");
        }
        return port;
    }

    /// The same on any free port of the same address.
    public PublishedPort onFreePort() {
        return new PublishedPort(hostAddress, 0, guestPort);
    }

    /// As {@link #parse} reads it.
    @Override
    public String toString() {
        String address = hostAddress.indexOf(':') < 0 ? hostAddress : "[" + hostAddress + "]";
        return address + ":" + (hostPort == 0 ? "" : hostPort) + ":" + guestPort;
    }

    static List<PublishedPort> check(List<PublishedPort> ports) {
        if (ports.size() > MOST) {
            throw invalid(ports.size() + " ports to publish are too many: give at most " + MOST);
        }
        return List.copyOf(ports);
    }

    private static String checkAddress(String address) {
        try {
            if (address.indexOf('%') >= 0) {
                throw new IllegalArgumentException("a zone");
            }
            return InetAddress.ofLiteral(address).getHostAddress();
        } catch (IllegalArgumentException e) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'%s' is no address to listen at: give an IPv4 or IPv6 address such as 127.0.0.1, or 0.0.0.0 for all of this computer's"
                            .formatted(address),
                    e);
        }
    }

    private static int number(String digits, String text) {
        if (digits.isEmpty()
                || digits.length() > 5
                || !digits.chars().allMatch(Character::isDigit)) {
            throw invalid(
                    ("'%s' is no port to publish: write GUEST, HOST:GUEST, ADDRESS:HOST:GUEST or ADDRESS::GUEST, as in 8080:80;"
                                    + " only TCP ports can be published")
                            .formatted(text));
        }
        return Integer.parseInt(digits);
    }

    private static StasisException invalid(String message) {
        return new StasisException(ErrorCode.INVALID_ARGUMENT, message);
    }
}
