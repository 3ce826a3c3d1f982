package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ExecOutcome;
import dev.stasis.Network;
import dev.stasis.Sandbox;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Sandboxes that reach what this computer reaches.
class NetworkTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final Duration LONG = Duration.ofSeconds(60);

    /// Sends back what it gets, until the client sends no more.
    private static final class Echo implements AutoCloseable {
        private final ServerSocket server;
        private final AtomicInteger connections = new AtomicInteger();

        Echo(InetAddress address) throws IOException {
            server = new ServerSocket(0, 50, address);
            Thread.ofVirtual().start(this::accept);
        }

        int port() {
            return server.getLocalPort();
        }

        private void accept() {
            try {
                while (true) {
                    var client = server.accept();
                    connections.incrementAndGet();
                    Thread.ofVirtual().start(() -> serve(client));
                }
            } catch (IOException e) {
                // the end of the test
            }
        }

        private static void serve(Socket client) {
            try (client) {
                client.getInputStream().transferTo(client.getOutputStream());
            } catch (IOException e) {
                // the guest went away
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    /// An address of this computer at which others can reach it.
    private static InetAddress own() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
                .findFirst()
                .orElseThrow(() -> new AssertionError("this computer has no IPv4 address"));
    }

    private static String ask(Sandbox sandbox, Echo echo) throws IOException {
        return Guest.of(sandbox)
                .sh(
                        "(echo %s; sleep 0.5) | timeout 100 nc %s %d | head -c 100"
                                .formatted(sandbox.name(), own().getHostAddress(), echo.port()));
    }

    @Test
    void sourceAndForksUseTheNetworkAtOnceAndOpenConnectionsEndInTheFork() throws Exception {
        try (var echo = new Echo(own());
                var source = MACHINES.stasis().create("net", s -> s.network(Network.NAT))) {
            assertThat(source.info().network()).isEqualTo(Network.NAT);
            assertThat(ask(source, echo)).isEqualTo("net");
            Guest.of(source)
                    .sh(
                            """
                            mkfifo /tmp/in
                            (exec 9<>/tmp/in; nc %s %d <&9 > /tmp/out 2>&1; echo $? > /tmp/end) > /dev/null 2>&1 &
                            echo first > /tmp/in
                            until grep -q first /tmp/out; do usleep 10000; done
                            """
                                    .formatted(own().getHostAddress(), echo.port()));
            try (var snapshot = source.snapshot();
                    var one = snapshot.restore("one");
                    var two = snapshot.restore("two")) {
                source.resume();
                for (var fork : List.of(one, two)) {
                    assertThat(fork.info().network()).isEqualTo(Network.NAT);
                    var ended =
                            fork.exec(e ->
                                    e.command(
                                                    "sh",
                                                    "-c",
                                                    "until [ -e /tmp/end ]; do usleep 10000; done")
                                            .timeout(LONG));
                    assertThat(ended.outcome()).isEqualTo(new ExecOutcome.Exited(0));
                    assertThat(ask(fork, echo)).isEqualTo(fork.name());
                }
            }
            Guest.of(source)
                    .sh(
                            "echo second > /tmp/in; until grep -q second /tmp/out; do usleep 10000; done");
            assertThat(ask(source, echo)).isEqualTo("net");
        }
    }

    @Test
    void theLoopbackOfThisComputerIsNotReachedWhateverAGuestSends() throws Exception {
        try (var echo = new Echo(InetAddress.getLoopbackAddress());
                var sandbox = MACHINES.stasis().create("closed", s -> s.network(Network.NAT))) {
            var tried =
                    sandbox.exec(
                            "sh",
                            "-c",
                            """
                            for all in eth0 all; do echo 1 > /proc/sys/net/ipv4/conf/$all/route_localnet; done
                            ip addr del 127.0.0.1/8 dev lo
                            ip route add 127.0.0.1/32 via 10.0.2.2 dev eth0 src 10.0.2.15
                            ip route get 127.0.0.1 | grep -q eth0 || exit 9
                            for address in 127.0.0.1 10.0.2.2; do
                              (echo in; sleep 0.5) | timeout 3 nc $address %d
                            done
                            exit 0
                            """
                                    .formatted(echo.port()));
            assertThat(tried.outcome()).isEqualTo(new ExecOutcome.Exited(0));
            assertThat(echo.connections).hasValue(0);
        }
    }

    @Test
    void withoutANetworkThereIsNoDevice() throws Exception {
        try (var sandbox = MACHINES.stasis().create("none", _ -> {})) {
            assertThat(sandbox.info().network()).isEqualTo(Network.NONE);
            assertThat(Guest.of(sandbox).sh("ls /sys/class/net")).isEqualTo("lo");
        }
    }
}
