package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stasis.ErrorCode;
import dev.stasis.PublishedPort;
import dev.stasis.Sandbox;
import dev.stasis.SandboxState;
import dev.stasis.StasisException;
import dev.stasis.cli.Main;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Ports of this computer that lead into sandboxes which have no network.
class PublishedPortsTest {
    @RegisterExtension static final Machines MACHINES = new Machines();

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int WEB = 80;
    private static final int ECHO = 7;

    private static Sandbox serving(String name) {
        var sandbox = MACHINES.stasis().create(name, s -> s.publish(WEB).publish("127.0.0.1::7"));
        Guest.of(sandbox)
                .sh(
                        """
                        mkdir /www && echo hello > /www/page
                        httpd -p 127.0.0.1:80 -h /www
                        setsid nc -ll -p 7 -e cat < /dev/null > /dev/null 2>&1 &
                        """);
        sandbox.awaitPort(WEB, LONG);
        sandbox.awaitPort(ECHO, LONG);
        return sandbox;
    }

    private static Socket connect(Sandbox sandbox, int port) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout((int) LONG.toMillis());
        socket.connect(sandbox.address(port));
        return socket;
    }

    private static String get(Sandbox sandbox) throws IOException {
        return get(sandbox, "page");
    }

    /// The body of a page.
    private static String get(Sandbox sandbox, String page) throws IOException {
        try (var web = connect(sandbox, WEB)) {
            var request = "GET /" + page + " HTTP/1.0\r\n\r\n";
            web.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var answer = new String(web.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(answer).startsWith("HTTP/1.").contains(" 200 ");
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        }
    }

    private static void echo(Sandbox sandbox, int length) throws IOException {
        byte[] sent = new byte[length];
        new Random(length).nextBytes(sent);
        try (var socket = connect(sandbox, ECHO)) {
            var writer =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    socket.getOutputStream().write(sent);
                                    socket.shutdownOutput();
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            });
            assertThat(Arrays.equals(socket.getInputStream().readAllBytes(), sent)).isTrue();
            writer.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPublishedPortLeadsIntoASandboxAndEachForkHasItsOwn() throws Exception {
        try (var source = serving("source")) {
            assertThat(source.address(WEB).getAddress().isLoopbackAddress()).isTrue();
            assertThat(source.info().ports())
                    .extracting(PublishedPort::guestPort)
                    .containsExactly(WEB, ECHO);
            assertThat(get(source)).isEqualTo("hello\n");
            echo(source, 3_000_000);
            Guest.of(source).sh("seq 100000 > /www/numbers");
            // As many at once as the web server keeps waiting.
            try (var threads = Executors.newFixedThreadPool(8)) {
                var all =
                        IntStream.range(0, 40)
                                .mapToObj(_ -> threads.submit(() -> get(source, "numbers")))
                                .toList();
                for (var each : all) {
                    assertThat(each.get()).hasSize(588_895).endsWith("\n100000\n");
                }
            }
            sourceAndForks(source);
        }
    }

    private static void sourceAndForks(Sandbox source) throws Exception {
        try (var open = connect(source, ECHO)) {
            open.getOutputStream().write(1);
            assertThat(open.getInputStream().read()).isEqualTo(1);
            try (var snapshot = source.snapshot();
                    var silent = snapshot.restore("silent");
                    var moved = snapshot.restoreWith("moved", r -> r.movePorts())) {
                assertThat(silent.info().ports()).isEmpty();
                assertThat(moved.info().ports())
                        .extracting(PublishedPort::guestPort)
                        .containsExactly(WEB, ECHO);
                Guest.of(moved).sh("echo moved > /www/page");
                assertThat(get(moved)).isEqualTo("moved\n");
                // The copy of the server that answered the open connection has seen it end.
                Guest.of(moved).sh("while netstat -tn | grep ':7 .*ESTAB'; do usleep 10000; done");
                echo(moved, 100_000);
                source.resume();
                assertThat(get(source)).isEqualTo("hello\n");
            }
            open.getOutputStream().write(2);
            assertThat(open.getInputStream().read()).as("the source keeps it").isEqualTo(2);
        }
    }

    @Test
    void aForkOutOfAPoolHasThePortsThatItIsAskedFor() throws Exception {
        try (var source = serving("pooled");
                var snapshot = source.snapshot();
                var pool = snapshot.pool(1);
                var silent = pool.restore("silent");
                var moved = pool.restoreWith("moved", r -> r.movePorts())) {
            assertThat(silent.info().ports()).isEmpty();
            assertThat(get(moved)).isEqualTo("hello\n");
        }
    }

    @Test
    void aRewoundSandboxKeepsItsPorts() throws Exception {
        try (var sandbox = serving("rewound");
                var snapshot = sandbox.snapshot()) {
            var before = sandbox.info().ports();
            sandbox.resume();
            Guest.of(sandbox).sh("echo spoilt > /www/page");
            sandbox.rewind(snapshot);
            assertThat(sandbox.info().ports()).isEqualTo(before);
            assertThat(get(sandbox)).isEqualTo("hello\n");
        }
    }

    @Test
    void whatCannotBePublishedOrReachedIsSaid() throws Exception {
        try (var taken = new ServerSocket(0)) {
            var wanted = "0.0.0.0:" + taken.getLocalPort() + ":80";
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> MACHINES.stasis().create("never", s -> s.publish(wanted)))
                    .matches(e -> e.code() == ErrorCode.PORT_TAKEN)
                    .withMessageContaining("Port " + taken.getLocalPort() + " of 0.0.0.0")
                    .withMessageContaining("in use");
        }
        try (var sandbox = MACHINES.stasis().create("quiet", s -> s.publish("0.0.0.0::80"))) {
            assertThat(sandbox.address(WEB).getAddress().isLoopbackAddress()).isTrue();
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> sandbox.address(81))
                    .matches(e -> e.code() == ErrorCode.INVALID_ARGUMENT)
                    .withMessageContaining("Port 81 of sandbox quiet is not published");
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> sandbox.awaitPort(WEB, Duration.ofMillis(200)))
                    .matches(e -> e.code() == ErrorCode.DEADLINE_EXCEEDED)
                    .withMessageContaining("port 80");
            try (var client = connect(sandbox, WEB)) {
                assertThat(isOver(client)).as("nothing listens there").isTrue();
            }
        }
    }

    @Test
    void aSandboxIsPingedAndItsEndWaitedFor() throws Exception {
        try (var sandbox = MACHINES.stasis().create("mortal", _ -> {})) {
            assertThat(sandbox.ping()).isPositive();
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> sandbox.awaitEnd(Duration.ofMillis(50)))
                    .matches(e -> e.code() == ErrorCode.DEADLINE_EXCEEDED);
            assertThatExceptionOfType(StasisException.class)
                    .isThrownBy(() -> Guest.of(sandbox).sh("kill -9 1; poweroff -f; sleep 1000"));
            var info = sandbox.awaitEnd(LONG);
            assertThat(info.state()).isEqualTo(SandboxState.ENDED);
            assertThat(info.reason())
                    .hasValueSatisfying(r -> assertThat(r).contains("QEMU exited"));
        }
    }

    private static boolean isOver(Socket client) {
        try {
            return client.getInputStream().read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void portsOfADetachedSandboxWorkWhileNobodyHoldsIt() throws Exception {
        var home = MACHINES.home();
        OtherJvm.run(home, Main.class, "create", "--name", "alone", "-p", "80");
        OtherJvm.run(
                home,
                Main.class,
                "exec",
                "alone",
                "--",
                "sh",
                "-c",
                "mkdir /www; echo hi > /www/page; httpd -h /www");
        InetSocketAddress address;
        try (var sandbox = MACHINES.stasis().sandbox("alone")) {
            sandbox.awaitPort(WEB, LONG);
            assertThat(get(sandbox)).isEqualTo("hi\n");
            address = sandbox.address(WEB);
            sandbox.remove();
        }
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> new Socket(address.getAddress(), address.getPort()).close());
    }
}
