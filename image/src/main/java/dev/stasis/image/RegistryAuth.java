package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Who we are at a registry: what it asks for in its answer 401 is got once and kept.
final class RegistryAuth {
    private static final Pattern PARAMETER =
            Pattern.compile("([A-Za-z_]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s,\"]+))");
    private static final int LARGEST_TOKEN_BYTES = 1 << 20;

    private final String registry;
    private final RegistryAccess access;
    private final RegistryHttp http;
    private final Deadline deadline;
    private Optional<Credentials> credentials = Optional.empty();
    private boolean looked;
    private Optional<String> header = Optional.empty();

    RegistryAuth(String registry, RegistryAccess access, RegistryHttp http, Deadline deadline) {
        this.registry = registry;
        this.access = access;
        this.http = http;
        this.deadline = deadline;
    }

    /// What to say with a request, as far as known.
    synchronized Optional<String> header() {
        return header;
    }

    /// Does what an answer 401 asks for.
    ///
    /// @param said what was said with the request that it answers
    /// @return what to say instead; empty when there is nothing else to say
    synchronized Optional<String> answer(
            HttpResponse<?> unauthorized, Optional<String> said, String scope) throws IOException {
        if (!header.equals(said)) {
            return header; // Another thread was faster.
        }
        for (String challenge : unauthorized.headers().allValues("WWW-Authenticate")) {
            String kind = challenge.split("\\s", 2)[0].toLowerCase(Locale.ROOT);
            Optional<String> next =
                    switch (kind) {
                        case "basic" -> credentials().map(RegistryAuth::basic);
                        case "bearer" -> Optional.of("Bearer " + token(challenge, scope));
                        default -> Optional.empty();
                    };
            if (next.isPresent()) {
                boolean again = next.equals(said);
                header = next;
                return again ? Optional.empty() : next;
            }
        }
        return Optional.empty();
    }

    /// Whether there are credentials for the registry.
    synchronized boolean hasCredentials() {
        return credentials().isPresent();
    }

    private Optional<Credentials> credentials() {
        if (!looked) {
            credentials =
                    access.credentials().isPresent()
                            ? access.credentials()
                            : DockerConfig.read(access.dockerConfig()).find(registry);
            looked = true;
        }
        return credentials;
    }

    private static String basic(Credentials login) {
        byte[] pair = (login.user() + ":" + login.secret()).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    private String token(String challenge, String scope) throws IOException {
        String realm = "";
        String service = "";
        var parameters = PARAMETER.matcher(challenge);
        while (parameters.find()) {
            String value = parameters.group(2) != null ? parameters.group(2) : parameters.group(3);
            switch (parameters.group(1).toLowerCase(Locale.ROOT)) {
                case "realm" -> realm = value;
                case "service" -> service = value;
                default -> {}
            }
        }
        var address = realm(realm);
        var login = credentials();
        try (var body = ask(address, service, scope, login)) {
            var answer =
                    JsonTree.parse(
                            body.readNBytes(LARGEST_TOKEN_BYTES),
                            "The answer of " + address.getAuthority() + " for a token");
            String token = answer.has("token") ? answer.text("token") : answer.text("access_token");
            if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
                throw refused(address, "gave no token");
            }
            return token;
        }
    }

    private URI realm(String realm) {
        try {
            var address = URI.create(realm);
            boolean plain =
                    "http".equals(address.getScheme())
                            && access.transport() == RegistryAccess.Transport.PLAIN_HTTP;
            if (address.getHost() != null && (plain || "https".equals(address.getScheme()))) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new StasisException(
                ErrorCode.REGISTRY_FAILED,
                "%s sends us to '%s' for a token, which is not done: tell who runs that registry"
                        .formatted(registry, RawText.shown(realm)));
    }

    private InputStream ask(URI realm, String service, String scope, Optional<Credentials> login)
            throws IOException {
        HttpResponse<InputStream> response;
        if (login.isPresent() && login.get().isToken()) {
            response =
                    http.post(
                            realm,
                            "grant_type=refresh_token&client_id=stasis&service=%s&scope=%s&refresh_token=%s"
                                    .formatted(
                                            encoded(service),
                                            encoded(scope),
                                            encoded(login.get().secret())));
        } else {
            String query =
                    (realm.getRawQuery() == null ? "?" : "&")
                            + "service="
                            + encoded(service)
                            + (scope.isEmpty() ? "" : "&scope=" + encoded(scope));
            response =
                    http.get(URI.create(realm + query), Map.of(), login.map(RegistryAuth::basic));
        }
        int status = response.statusCode();
        if (status == 200) {
            return new StallGuard(response.body(), deadline);
        }
        response.body().close();
        if (Retrying.isPassing(status)) {
            throw new Retrying.Later(
                    realm.getAuthority() + " answered a request for a token with " + status,
                    response.headers().firstValue("Retry-After"));
        }
        throw refused(realm, "answered a request for a token with " + status);
    }

    private StasisException refused(URI realm, String what) {
        return new StasisException(
                ErrorCode.ACCESS_DENIED,
                "%s %s: log in with 'stasis login %s', or check the name of the image"
                        .formatted(realm.getAuthority(), what, registry));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
