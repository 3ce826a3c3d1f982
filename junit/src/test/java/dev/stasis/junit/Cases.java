package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Network;
import dev.stasis.Sandbox;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Test classes that the tests run.
final class Cases {
    static final AtomicInteger WARMED = new AtomicInteger();
    static final Set<String> FORKS = ConcurrentHashMap.newKeySet();

    private Cases() {}

    static String sh(Sandbox sandbox, String command) {
        return sandbox.exec("sh", "-c", command).orThrow().stdout().strip();
    }

    /// What each test does: finds the state of the warm-up, and spoils it.
    static void use(Sandbox fork) {
        assertThat(FORKS.add(fork.name())).as(fork.name() + " is new").isTrue();
        assertThat(sh(fork, "cat /dev/shm/state /root/state")).isEqualTo("warm\nwarm");
        sh(fork, "echo spoilt > /dev/shm/state; rm /root/state");
    }

    /// A warm-up that stands by itself.
    abstract static class Warm {
        @Warmup
        static void warm(Sandbox sandbox) {
            WARMED.incrementAndGet();
            sh(sandbox, "echo warm > /dev/shm/state; echo warm > /root/state");
        }
    }

    @Sandboxed(memory = "256M", env = "ROLE=tested")
    static class EveryKindOfTest extends Warm {
        private String before = "";

        @BeforeEach
        void prepare(Sandbox fork) {
            before = fork.id();
        }

        @AfterEach
        void isTheSame(Sandbox fork) {
            assertThat(fork.id()).isEqualTo(before);
        }

        @Test
        void plain(Sandbox fork) {
            assertThat(sh(fork, "echo $ROLE")).isEqualTo("tested");
            use(fork);
        }

        @RepeatedTest(2)
        void repeated(Sandbox fork) {
            use(fork);
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2})
        void withParameters(int number, Sandbox fork) {
            assertThat(number).isPositive();
            use(fork);
        }

        @TestFactory
        Stream<DynamicTest> dynamic(Forks forks) {
            return IntStream.range(0, 2)
                    .mapToObj(
                            n -> DynamicTest.dynamicTest("dynamic " + n, () -> use(forks.next())));
        }

        @Nested
        class Inside {
            @Test
            void nested(Sandbox fork) {
                use(fork);
            }
        }
    }

    @Sandboxed(memory = "256M", env = "ROLE=tested")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    static class OneInstance extends Warm {
        @RepeatedTest(4)
        void repeated(Sandbox fork) {
            use(fork);
        }
    }

    @Sandboxed(name = "first", memory = "256M")
    @Sandboxed(name = "second", memory = "256M")
    static class Several {
        @Warmup
        static void warmFirst(Sandbox first) {
            sh(first, "echo first > /dev/shm/state");
        }

        @Warmup
        static void warmSecond(@ForkOf("second") Sandbox other) {
            sh(other, "echo second > /dev/shm/state");
        }

        @Test
        void eachIsItself(Sandbox second, @ForkOf("first") Sandbox other) {
            assertThat(sh(second, "cat /dev/shm/state")).isEqualTo("second");
            assertThat(sh(other, "cat /dev/shm/state")).isEqualTo("first");
        }
    }

    /// Reaches this computer by one of its addresses; without a network there is no device for
    /// that.
    @Sandboxed(memory = "256M", network = Network.NAT)
    static class WithNetwork {
        @RepeatedTest(2)
        void reachesThisComputer(Sandbox fork) throws IOException {
            var own =
                    NetworkInterface.networkInterfaces()
                            .flatMap(NetworkInterface::inetAddresses)
                            .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
                            .findFirst()
                            .orElseThrow();
            try (var server = new ServerSocket(0, 1, own)) {
                sh(
                        fork,
                        "echo %s | timeout 60 nc %s %d"
                                .formatted(
                                        fork.name(), own.getHostAddress(), server.getLocalPort()));
                try (var client = server.accept()) {
                    assertThat(
                                    new String(
                                            client.getInputStream().readAllBytes(),
                                            StandardCharsets.US_ASCII))
                            .isEqualTo(fork.name() + "\n");
                }
            }
        }
    }

    @Sandboxed(memory = "256M")
    static class WithoutNetwork {
        @Test
        void hasNoDevice(Sandbox fork) {
            assertThat(fork.info().network()).isEqualTo(Network.NONE);
            assertThat(sh(fork, "ls /sys/class/net")).isEqualTo("lo");
        }
    }

    /// Its server answers with the number of requests that it had, and 40 since it is warm.
    @Sandboxed(memory = "256M", ports = 8080)
    static class WithPort {
        @Warmup
        static void serve(Sandbox sandbox) throws IOException {
            sh(
                    sandbox,
                    """
                    cat > /srv-count <<'END'
                    #!/bin/sh
                    n=$(($(cat /dev/shm/n) + 1))
                    echo $n > /dev/shm/n.$$
                    mv /dev/shm/n.$$ /dev/shm/n
                    echo $(($(cat /dev/shm/base) + n))
                    END
                    chmod +x /srv-count; echo 0 > /dev/shm/n; echo 0 > /dev/shm/base
                    setsid nc -ll -p 8080 -e /srv-count < /dev/null > /dev/null 2>&1 &
                    """);
            sandbox.awaitPort(8080, Duration.ofMinutes(1));
            sh(sandbox, "echo 40 > /dev/shm/.base; mv /dev/shm/.base /dev/shm/base");
        }

        /// The port was awaited, by connecting, so the server had a request before.
        @RepeatedTest(2)
        void answersFromTheHost(Sandbox fork) throws IOException {
            int first = ask(fork);
            assertThat(first).isGreaterThanOrEqualTo(41).isLessThan(50);
            assertThat(Addresses.jdbcUrl(fork, 8080, "orders"))
                    .isEqualTo(
                            "jdbc:postgresql://127.0.0.1:%d/orders"
                                    .formatted(fork.address(8080).getPort()));
        }

        private static int ask(Sandbox fork) throws IOException {
            var address = fork.address(8080);
            try (var socket = new Socket(address.getAddress(), address.getPort())) {
                return Integer.parseInt(
                        new String(
                                        socket.getInputStream().readAllBytes(),
                                        StandardCharsets.US_ASCII)
                                .strip());
            }
        }
    }
}
