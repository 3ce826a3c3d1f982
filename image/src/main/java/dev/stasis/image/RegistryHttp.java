package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Requests to one registry and to wherever it sends us. Who we are is told to the registry alone:
/// not to another host, port or scheme, and what began encrypted stays encrypted.
final class RegistryHttp implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(30);
    private static final Duration ANSWER = Duration.ofMinutes(1);
    private static final int MOST_REDIRECTS = 5;

    private final HttpClient client;
    private final Deadline deadline;

    RegistryHttp(String registry, RegistryAccess access, Deadline deadline) {
        this(registry, access, Proxies.of(System.getenv()), deadline);
    }

    RegistryHttp(String registry, RegistryAccess access, ProxySelector proxies, Deadline deadline) {
        this.deadline = deadline;
        var builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .proxy(proxies)
                        .connectTimeout(CONNECT);
        if (access.transport() == RegistryAccess.Transport.TLS) {
            builder.sslContext(Trust.context(registry, access.authorities()));
        }
        client = builder.build();
    }

    /// Asks, and goes where the answer points to.
    ///
    /// @param headers what else to say
    /// @param authorization who we are; for the host of the address only
    /// @return the answer, whose content its caller closes
    HttpResponse<InputStream> get(
            URI address, Map<String, String> headers, Optional<String> authorization)
            throws IOException {
        var at = address;
        for (int i = 0; i <= MOST_REDIRECTS; i++) {
            var request = HttpRequest.newBuilder(at).timeout(atMost()).GET();
            headers.forEach(request::header);
            if (isSameOrigin(at, address)) {
                authorization.ifPresent(value -> request.header("Authorization", value));
            }
            var response = send(request.build());
            if (!isRedirect(response.statusCode())) {
                return response;
            }
            response.body().close();
            at = next(at, response.headers().firstValue("Location").orElse(""));
        }
        throw refused(address, "sends us on more than %d times".formatted(MOST_REDIRECTS));
    }

    HttpResponse<InputStream> post(URI address, String form) throws IOException {
        return send(
                HttpRequest.newBuilder(address)
                        .timeout(atMost())
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form))
                        .build());
    }

    private Duration atMost() {
        var left = deadline.left();
        if (left.compareTo(ANSWER) > 0) {
            return ANSWER;
        }
        return left.isPositive() ? left : Duration.ofMillis(1);
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StasisException(
                    ErrorCode.INTERRUPTED,
                    "The thread that talked with %s was interrupted"
                            .formatted(request.uri().getAuthority()),
                    e);
        }
    }

    private static boolean isRedirect(int status) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    /// Where an answer points to.
    ///
    /// @throws StasisException with {@link ErrorCode#REGISTRY_FAILED} when that is not gone to
    static URI next(URI from, String location) {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw refused(from, "sends us on to '%s'".formatted(RawText.shown(location)));
        }
        String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
        boolean allowed =
                to.getHost() != null
                        && (scheme.equals("https")
                                || (scheme.equals("http") && "http".equals(from.getScheme())));
        if (!allowed) {
            throw refused(
                    from,
                    "sends us on from %s to '%s'"
                            .formatted(from.getScheme(), RawText.shown(location)));
        }
        return to;
    }

    private static StasisException refused(URI address, String what) {
        return new StasisException(
                ErrorCode.REGISTRY_FAILED,
                "%s %s, which is not done: tell who runs that registry"
                        .formatted(address.getAuthority(), what));
    }

    static boolean isSameOrigin(URI one, URI other) {
        return String.valueOf(one.getScheme()).equalsIgnoreCase(other.getScheme())
                && String.valueOf(one.getHost()).equalsIgnoreCase(other.getHost())
                && port(one) == port(other);
    }

    private static int port(URI address) {
        if (address.getPort() >= 0) {
            return address.getPort();
        }
        return "http".equalsIgnoreCase(address.getScheme()) ? 80 : 443;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
