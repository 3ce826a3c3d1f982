package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.PublishedPort;
import dev.stasis.RestoredPorts;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.machine.Machine;
import dev.stasis.store.Setup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Predicate;

/// The published ports of one sandbox. What is wanted lies in the set-up's facts, so a snapshot
/// knows what its source had; what there is, the machine's launcher has written down.
record Ports(Place place) {
    private static final String FACT = "ports";
    private static final Duration CONNECT = Duration.ofSeconds(20);

    /// What a set-up wants to be published.
    static List<PublishedPort> of(Setup setup) {
        return setup.machine().get(FACT) instanceof List<?> ports
                ? ports.stream().map(port -> PublishedPort.parse(port.toString())).toList()
                : List.of();
    }

    /// A set-up that wants these published, and no others.
    static Setup in(Setup setup, List<PublishedPort> ports) {
        var facts = new HashMap<>(setup.machine());
        facts.remove(FACT);
        if (!ports.isEmpty()) {
            facts.put(FACT, ports.stream().map(PublishedPort::toString).toList());
        }
        return setup.withMachine(facts);
    }

    /// What a fork of a captured set-up is to have.
    static List<PublishedPort> restored(Setup captured, RestoredPorts wanted) {
        var ports = new ArrayList<>(wanted.listed());
        if (wanted.moved()) {
            of(captured).stream()
                    .map(PublishedPort::onFreePort)
                    .filter(moved -> isMissing(moved.guestPort(), ports))
                    .forEach(ports::add);
        }
        return ports;
    }

    private static boolean isMissing(int guestPort, List<PublishedPort> ports) {
        return ports.stream().noneMatch(port -> port.guestPort() == guestPort);
    }

    /// What listens now.
    List<PublishedPort> now() {
        return Machine.ports(place.machineFiles());
    }

    InetSocketAddress address(int guestPort) {
        PublishedPort.checkGuestPort(guestPort);
        new Power(place).requireState("find a port", SandboxState.RUNNING, SandboxState.PAUSED);
        Predicate<PublishedPort> wanted = port -> port.guestPort() == guestPort;
        var port =
                now().stream()
                        .filter(wanted)
                        .findFirst()
                        .orElseThrow(() ->
                                new StasisException(
                                        ErrorCode.INVALID_ARGUMENT,
                                        "Port %d of sandbox %s is not published: %s; publish it when the sandbox is made or restored"
                                                .formatted(guestPort, place.name(), known())));
        var address = InetAddress.ofLiteral(port.hostAddress());
        return new InetSocketAddress(
                address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address,
                port.hostPort());
    }

    private String known() {
        var ports = now();
        return ports.isEmpty()
                ? "none is"
                : "only " + ports.stream().map(PublishedPort::toString).toList() + " are";
    }

    void await(int guestPort, Duration longest) {
        PublishedPort.checkGuestPort(guestPort);
        new Power(place).requireState("wait for a port", SandboxState.RUNNING);
        try (var lane = place.lanes().acquire(CONNECT)) {
            if (!lane.connection().awaitPort(guestPort, longest)) {
                throw new StasisException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        "Nothing in sandbox %s takes connections at port %d within %s; what runs in it?"
                                .formatted(place.name(), guestPort, longest));
            }
        }
    }
}
