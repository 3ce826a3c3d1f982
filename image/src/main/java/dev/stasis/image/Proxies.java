package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Through which proxy a registry is reached: by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as
/// curl and Docker read them, or in lower case. Without those, by Java's own properties. This
/// computer itself is never reached through one.
final class Proxies extends ProxySelector {
    private static final int USUAL_PORT = 80;

    private final Map<String, Optional<Proxy>> byScheme;
    private final List<String> direct;

    private Proxies(Map<String, Optional<Proxy>> byScheme, List<String> direct) {
        this.byScheme = byScheme;
        this.direct = direct;
    }

    /// @param env the environment of this process
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when it names no proxy, but
    ///   something else
    static ProxySelector of(Map<String, String> env) {
        var https = value(env, "HTTPS_PROXY");
        var http = value(env, "HTTP_PROXY");
        if (https.isEmpty() && http.isEmpty()) {
            var java = ProxySelector.getDefault();
            return java == null ? new Proxies(Map.of(), List.of()) : java;
        }
        return new Proxies(
                Map.of(
                        "https", https.map(text -> proxy("HTTPS_PROXY", text)),
                        "http", http.map(text -> proxy("HTTP_PROXY", text))),
                value(env, "NO_PROXY").stream()
                        .flatMap(text -> Arrays.stream(text.split(",", -1)))
                        .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
                        .filter(entry -> !entry.isEmpty())
                        .toList());
    }

    private static Optional<String> value(Map<String, String> env, String name) {
        return Optional.ofNullable(env.get(name.toLowerCase(Locale.ROOT)))
                .or(() -> Optional.ofNullable(env.get(name)))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    /// The text is not repeated in messages: there may be a password in it.
    private static Proxy proxy(String variable, String text) {
        URI address;
        try {
            address = URI.create(text.contains("://") ? text : "http://" + text);
        } catch (IllegalArgumentException e) {
            throw refused(variable, "is no address");
        }
        if (address.getHost() == null) {
            throw refused(variable, "names no host");
        }
        if (!"http".equalsIgnoreCase(address.getScheme())) {
            throw refused(variable, "names a proxy that is not spoken to by plain HTTP");
        }
        if (address.getUserInfo() != null) {
            throw refused(variable, "has a login, which is not supported");
        }
        int port = address.getPort() < 0 ? USUAL_PORT : address.getPort();
        return new Proxy(
                Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(), port));
    }

    private static StasisException refused(String variable, String what) {
        return new StasisException(
                ErrorCode.INVALID_ARGUMENT,
                "The environment's %s %s: give http://HOST:PORT, or unset it"
                        .formatted(variable, what));
    }

    @Override
    public List<Proxy> select(URI address) {
        var host = String.valueOf(address.getHost()).toLowerCase(Locale.ROOT);
        if (isThisComputer(host) || isDirect(host, address.getPort())) {
            return List.of(Proxy.NO_PROXY);
        }
        var scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
        return List.of(
                byScheme.getOrDefault(scheme, Optional.empty())
                        .map(Proxies::resolved)
                        .orElse(Proxy.NO_PROXY));
    }

    private static Proxy resolved(Proxy proxy) {
        var address = (InetSocketAddress) proxy.address();
        return new Proxy(
                proxy.type(), new InetSocketAddress(address.getHostString(), address.getPort()));
    }

    private static boolean isThisComputer(String host) {
        return host.equals("localhost")
                || host.matches("127(\\.\\d{1,3}){3}")
                || host.equals("[::1]");
    }

    /// An entry of `NO_PROXY` is a host, a domain that its hosts end with, either with a port, or
    /// `*`.
    private boolean isDirect(String host, int port) {
        return direct.stream()
                .anyMatch(entry -> matches(entry, host) || matches(entry, host + ":" + port));
    }

    private static boolean matches(String entry, String host) {
        var domain = entry.startsWith(".") ? entry.substring(1) : entry;
        return entry.equals("*") || host.equals(domain) || host.endsWith("." + domain);
    }

    /// The failure itself says more.
    @Override
    public void connectFailed(URI address, SocketAddress proxy, IOException failure) {}
}
