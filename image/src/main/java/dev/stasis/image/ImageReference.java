package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.util.Optional;
import java.util.regex.Pattern;

/// The name of an image in a registry, such as `python:3.12` or
/// `registry.example.com:5000/team/app@sha256:…`. What is left out is as everybody knows it: the
/// registry is `docker.io`, its own images are in `library`, and the tag is `latest`.
///
/// @param registry the host, with its port if one is named
/// @param repository the path of the image there
/// @param tag the tag; empty when there is a digest
/// @param digest the SHA-256 of a manifest or an index, in hexadecimal; empty when there is a tag
public record ImageReference(
        String registry, String repository, Optional<String> tag, Optional<String> digest) {
    /// The registry of names that name none.
    public static final String DEFAULT_REGISTRY = "docker.io";

    private static final String OWN_IMAGES = "library/";
    private static final int LONGEST_REPOSITORY = 255;
    private static final Pattern HOST =
            Pattern.compile(
                    "(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?");
    private static final Pattern PART = Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*+");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

    /// Reads a name. A tag beside a digest is allowed and means nothing.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}
    public static ImageReference parse(String text) {
        String rest = text;
        Optional<String> digest = Optional.empty();
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = Optional.of(digest(text, rest.substring(at + 1)));
            rest = rest.substring(0, at);
        }
        Optional<String> tag = Optional.empty();
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/')) {
            tag = Optional.of(tag(text, rest.substring(colon + 1)));
            rest = rest.substring(0, colon);
        }
        String registry = registry(rest);
        String repository = rest.substring(registry.isEmpty() ? 0 : registry.length() + 1);
        boolean docker =
                registry.isEmpty()
                        || registry.equals(DEFAULT_REGISTRY)
                        || registry.equals("index.docker.io");
        check(text, registry, repository);
        if (docker && !repository.contains("/")) {
            repository = OWN_IMAGES + repository;
        }
        return new ImageReference(
                docker ? DEFAULT_REGISTRY : registry,
                repository,
                digest.isPresent() ? Optional.empty() : Optional.of(tag.orElse("latest")),
                digest);
    }

    /// The name of a registry: a host, and a port if it is not the usual one.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}
    public static String parseRegistry(String text) {
        if (!HOST.matcher(text).matches()) {
            throw invalid(text, "a registry is a host and perhaps a port, without 'https://'");
        }
        return text.equals("index.docker.io") ? DEFAULT_REGISTRY : text;
    }

    private static String registry(String rest) {
        int slash = rest.indexOf('/');
        String first = slash < 0 ? "" : rest.substring(0, slash);
        boolean host =
                first.contains(".")
                        || first.contains(":")
                        || first.equals("localhost")
                        || !first.toLowerCase(java.util.Locale.ROOT).equals(first);
        return host ? first : "";
    }

    private static void check(String text, String registry, String repository) {
        if (!registry.isEmpty() && !HOST.matcher(registry).matches()) {
            throw invalid(text, "'" + RawText.shown(registry) + "' is no host with a port");
        }
        if (repository.length() > LONGEST_REPOSITORY) {
            throw invalid(text, "the name has more than " + LONGEST_REPOSITORY + " characters");
        }
        for (String part : repository.split("/", -1)) {
            if (!PART.matcher(part).matches()) {
                throw invalid(
                        text,
                        "'%s' is not made of lower case letters and digits, with single '.', '_' or '-' between them"
                                .formatted(RawText.shown(part)));
            }
        }
    }

    private static String tag(String text, String tag) {
        if (!TAG.matcher(tag).matches()) {
            throw invalid(
                    text,
                    "the tag '%s' is not 1 to 128 letters, digits, '_', '.' and '-'"
                            .formatted(RawText.shown(tag)));
        }
        return tag;
    }

    private static String digest(String text, String digest) {
        if (!digest.startsWith(Digests.PREFIX)
                || !ImageFolders.isDigest(digest.substring(Digests.PREFIX.length()))) {
            throw invalid(
                    text,
                    "the digest '%s' is not 'sha256:' and 64 hexadecimal digits in lower case"
                            .formatted(RawText.shown(digest)));
        }
        return digest.substring(Digests.PREFIX.length());
    }

    private static StasisException invalid(String text, String problem) {
        return new StasisException(
                ErrorCode.INVALID_NAME,
                "'%s' names no image: %s; write it as 'python:3.12' or 'registry.example.com:5000/team/app:1.0', and a file as './root.tar'"
                        .formatted(RawText.shown(text), problem));
    }

    /// What a registry calls it: its tag, or its digest.
    String version() {
        return tag.orElseGet(() -> Digests.PREFIX + digest.orElseThrow());
    }

    /// The whole name, with everything that may be left out.
    public String full() {
        return registry + "/" + repository + (tag.isPresent() ? ":" : "@") + version();
    }

    /// The name as people write it.
    @Override
    public String toString() {
        String full = full();
        if (full.startsWith(DEFAULT_REGISTRY + "/" + OWN_IMAGES)) {
            String name = full.substring((DEFAULT_REGISTRY + "/" + OWN_IMAGES).length());
            // The name alone is that of the image that is built in.
            return name.startsWith("busybox:") || name.startsWith("busybox@") ? full : name;
        }
        return full.startsWith(DEFAULT_REGISTRY + "/")
                ? full.substring(DEFAULT_REGISTRY.length() + 1)
                : full;
    }
}
