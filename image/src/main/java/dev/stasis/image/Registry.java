package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// One repository of a registry, read by the OCI distribution protocol. Thread-safe.
final class Registry implements Blobs, AutoCloseable {
    private static final String DOCKER_HUB = "registry-1.docker.io";
    private static final int LARGEST_ERROR_BYTES = 1 << 14;
    private static final Pattern RANGE = Pattern.compile("bytes (\\d+)-\\d+/(?:\\d+|\\*)");

    private final String registry;
    private final String repository;
    private final URI base;
    private final RegistryHttp http;
    private final RegistryAuth auth;
    private final Deadline deadline;

    Registry(String registry, String repository, RegistryAccess access, Deadline deadline) {
        this.registry = registry;
        this.repository = repository;
        String host = registry.equals(ImageReference.DEFAULT_REGISTRY) ? DOCKER_HUB : registry;
        this.base = URI.create(access.transport().scheme() + "://" + host + "/v2/");
        this.http = new RegistryHttp(host, access, deadline);
        this.auth = new RegistryAuth(registry, access, http, deadline);
        this.deadline = deadline;
    }

    @Override
    public String name() {
        return registry + "/" + repository;
    }

    /// The document that a tag or digest leads to.
    ///
    /// @param version a tag, or a digest with its prefix
    byte[] manifest(String version) {
        byte[] content =
                new Retrying(name() + ", manifest " + version, deadline)
                        .call(() -> {
                            try (var body = body("manifests/" + version, Manifest.ACCEPTED)) {
                                return body.readNBytes(Manifest.LARGEST_DOCUMENT_BYTES + 1);
                            }
                        });
        requireBounded(content, Manifest.LARGEST_DOCUMENT_BYTES, "manifest " + version);
        if (version.startsWith(Digests.PREFIX)) {
            requireDigest(content, version.substring(Digests.PREFIX.length()));
        }
        return content;
    }

    @Override
    public byte[] document(Descriptor descriptor, int most) {
        boolean manifest = Manifest.ACCEPTED.contains(descriptor.mediaType());
        String version = Digests.PREFIX + descriptor.digest();
        if (manifest && !descriptor.mediaType().isEmpty()) {
            return manifest(version);
        }
        if (descriptor.size() > most) {
            requireBounded(new byte[0], -1, version);
        }
        byte[] content =
                new Retrying(name() + ", blob " + version, deadline)
                        .call(() -> {
                            try (var body = body("blobs/" + version, "*/*")) {
                                return body.readNBytes(most + 1);
                            }
                        });
        requireBounded(content, most, version);
        requireDigest(content, descriptor.digest());
        return content;
    }

    /// Begins to read a layer.
    BlobCache.Arriving layer(Descriptor layer, long from) throws IOException {
        var headers = new LinkedHashMap<String, String>();
        if (from > 0) {
            headers.put("Range", "bytes=" + from + "-");
        }
        HttpResponse<InputStream> response;
        try {
            response = ask("blobs/" + Digests.PREFIX + layer.digest(), headers);
        } catch (NoSuchPart e) {
            return layer(layer, 0);
        }
        long begins = 0;
        if (response.statusCode() == 206) {
            var range = RANGE.matcher(response.headers().firstValue("Content-Range").orElse(""));
            if (!range.matches() || Long.parseLong(range.group(1)) != from) {
                response.body().close();
                throw new IOException("it answered with another part than the one asked for");
            }
            begins = from;
        }
        return new BlobCache.Arriving(new StallGuard(response.body(), deadline), begins);
    }

    /// Makes sure that the registry takes us for who we say we are.
    ///
    /// @throws StasisException with {@link ErrorCode#ACCESS_DENIED}
    void checkLogin() {
        new Retrying(registry, deadline)
                .call(() -> {
                    ask("", Map.of()).body().close();
                    return true;
                });
    }

    /// An answer that says: there is less of it.
    private static final class NoSuchPart extends IOException {
        private static final long serialVersionUID = 1;

        NoSuchPart() {
            super("it has no such part");
        }
    }

    private InputStream body(String path, String accept) throws IOException {
        return new StallGuard(ask(path, Map.of("Accept", accept)).body(), deadline);
    }

    private HttpResponse<InputStream> ask(String path, Map<String, String> headers)
            throws IOException {
        var address = base.resolve(path.isEmpty() ? "" : repository + "/" + path);
        String scope = path.isEmpty() ? "" : "repository:" + repository + ":pull";
        var said = auth.header();
        var response = http.get(address, headers, said);
        if (response.statusCode() == 401) {
            var next = auth.answer(response, said, scope);
            if (next.isPresent()) {
                response.body().close();
                response = http.get(address, headers, next);
            }
        }
        int status = response.statusCode();
        if (status == 200 || status == 206) {
            return response;
        }
        throw failure(response, path);
    }

    private RuntimeException failure(HttpResponse<InputStream> response, String path)
            throws IOException {
        int status = response.statusCode();
        String said;
        try (var body = new StallGuard(response.body(), deadline)) {
            byte[] bytes = body.readNBytes(LARGEST_ERROR_BYTES);
            said = RawText.shown(RawText.of(bytes).strip().replace('\n', ' '));
        }
        if (Retrying.isPassing(status)) {
            throw new Retrying.Later(
                    "it answered " + status + " (" + said + ")",
                    response.headers().firstValue("Retry-After"));
        }
        if (status == 416) {
            throw new NoSuchPart();
        }
        String what = path.isEmpty() ? registry : name() + ", " + path;
        return switch (status) {
            case 401, 403 ->
                    new StasisException(
                            ErrorCode.ACCESS_DENIED,
                            "%s was refused by %s with %d%s (%s): %s"
                                    .formatted(
                                            what,
                                            registry,
                                            status,
                                            auth.hasCredentials()
                                                    ? " for the login that is known"
                                                    : " without a login",
                                            said,
                                            "log in with 'stasis login "
                                                    + registry
                                                    + "', or check the name"));
            case 404 ->
                    new StasisException(
                            ErrorCode.IMAGE_NOT_FOUND,
                            "%s is not there (%s): check the name and the tag"
                                    .formatted(what, said));
            default ->
                    new StasisException(
                            ErrorCode.REGISTRY_FAILED,
                            "%s can't be had: %s answered %d (%s)"
                                    .formatted(what, registry, status, said));
        };
    }

    private void requireBounded(byte[] content, int most, String what) {
        if (content.length > most) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "%s, %s has more bytes than any image needs there: choose another image"
                            .formatted(name(), what));
        }
    }

    private void requireDigest(byte[] content, String digest) {
        String found = Digests.of(content);
        if (!found.equals(digest)) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "What %s sends as sha256:%s (%s) has the digest sha256:%s: it is damaged or forged; try again, or tell who runs it"
                            .formatted(
                                    name(),
                                    digest,
                                    RawText.shown(
                                            new String(
                                                    content,
                                                    0,
                                                    Math.min(content.length, 60),
                                                    StandardCharsets.ISO_8859_1)),
                                    found));
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
