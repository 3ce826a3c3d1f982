package dev.stasis.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
    private static final Map<String, String> ENV =
            Map.of(
                    "HTTPS_PROXY", "http://proxy.example:3128",
                    "HTTP_PROXY", "old.example",
                    "NO_PROXY", "near.example, .inside.example,port.example:5000,10.0.0.7");

    @TempDir Path temp;

    @ParameterizedTest
    @CsvSource({
        "https://registry.example/v2/, proxy.example:3128",
        "http://registry.example/v2/, old.example:80",
        "https://near.example/v2/, direct",
        "https://also.near.example:5000/v2/, direct",
        "https://nearnot.example/v2/, proxy.example:3128",
        "https://NEAR.example/v2/, direct",
        "https://a.inside.example/v2/, direct",
        "https://port.example:5000/v2/, direct",
        "https://port.example/v2/, proxy.example:3128",
        "https://10.0.0.7/v2/, direct",
        "https://localhost:5000/v2/, direct",
        "https://127.0.0.1:5000/v2/, direct",
        "https://[::1]:5000/v2/, direct",
    })
    void theEnvironmentSaysWhichProxyIsTaken(String address, String expected) {
        assertThat(chosen(Proxies.of(ENV), address)).isEqualTo(expected);
    }

    @Test
    void lowerCaseNamesCountFirstAndEmptyOnesNotAtAll() {
        var selector = Proxies.of(Map.of("https_proxy", "one:1", "HTTPS_PROXY", "two:2"));
        assertThat(chosen(selector, "https://registry.example/")).isEqualTo("one:1");
        assertThat(chosen(selector, "http://registry.example/")).isEqualTo("direct");
        assertThat(Proxies.of(Map.of("HTTPS_PROXY", " "))).isSameAs(ProxySelector.getDefault());
    }

    @Test
    void aStarMeansThatNoProxyIsTaken() {
        var selector = Proxies.of(Map.of("HTTPS_PROXY", "one:1", "NO_PROXY", "*"));
        assertThat(chosen(selector, "https://registry.example/")).isEqualTo("direct");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://proxy.example",
                "socks5://proxy.example",
                "http://me:secret@proxy.example",
                "http://",
                "a b"
            })
    void whatIsNoProxyThatCanBeTakenIsRefusedWithoutRepeatingIt(String proxy) {
        assertThatThrownBy(() -> Proxies.of(Map.of("HTTPS_PROXY", proxy)))
                .isInstanceOfSatisfying(
                        StasisException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessageContaining("HTTPS_PROXY")
                .hasMessageNotContaining("secret");
    }

    /// The host has no address, so only the proxy can have been asked.
    @Test
    void requestsGoThroughTheProxy() throws Exception {
        try (var proxy = TestRegistry.start()) {
            proxy.answers.put(
                    "http://registry.invalid/v2/",
                    TestRegistry.ok("sent".getBytes(StandardCharsets.US_ASCII)));
            var env = Map.of("HTTP_PROXY", "http://" + proxy.host());
            try (var http =
                    new RegistryHttp(
                            "registry.invalid",
                            TestRegistry.access(temp),
                            Proxies.of(env),
                            new Deadline(Duration.ofSeconds(30)))) {
                var answer =
                        http.get(
                                URI.create("http://registry.invalid/v2/"),
                                Map.of(),
                                Optional.empty());
                try (var body = answer.body()) {
                    assertThat(new String(body.readAllBytes(), StandardCharsets.US_ASCII))
                            .isEqualTo("sent");
                }
            }
        }
    }

    private static String chosen(ProxySelector selector, String address) {
        var proxy = selector.select(URI.create(address)).getFirst();
        return proxy.equals(Proxy.NO_PROXY)
                ? "direct"
                : ((InetSocketAddress) proxy.address()).getHostString()
                        + ":"
                        + ((InetSocketAddress) proxy.address()).getPort();
    }
}
