package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// Docker's configuration file, where logins are kept: in `auths` of the file itself, or with the
/// program that `credHelpers` names for a registry or `credsStore` for all.
final class DockerConfig {
    private static final String DOCKER_HUB = "https://index.docker.io/v1/";
    private static final int LIMIT_BYTES = 4 << 20;

    private final Path file;
    private final Map<String, Object> fields;

    private DockerConfig(Path file, Map<String, Object> fields) {
        this.file = file;
        this.fields = fields;
    }

    /// Reads it; a file that is not there is empty.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when it can't be understood
    static DockerConfig read(Path file) {
        try (var in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(LIMIT_BYTES + 1);
            if (content.length > LIMIT_BYTES) {
                throw unreadable(file, "it has more than " + LIMIT_BYTES + " bytes", null);
            }
            Map<String, Object> fields =
                    new String(content, StandardCharsets.UTF_8).isBlank()
                            ? Map.of()
                            : JSON.std.mapFrom(content);
            return new DockerConfig(file, new LinkedHashMap<>(fields));
        } catch (NoSuchFileException e) {
            return new DockerConfig(file, new LinkedHashMap<>());
        } catch (JacksonException e) {
            throw unreadable(file, "it is no JSON object", e);
        } catch (IOException e) {
            throw Failures.of("Reading " + file, e);
        }
    }

    /// The login for a registry.
    Optional<Credentials> find(String registry) {
        var helper = helper(registry);
        if (helper.isPresent()) {
            var found = helper.get().get(key(registry));
            if (found.isPresent()) {
                return found;
            }
        }
        for (String key : keys(registry)) {
            if (map("auths").get(key) instanceof Map<?, ?> login) {
                var found = credentials(login, key);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /// Keeps a login: with the helper program if there is one, else in the file.
    void keep(String registry, Credentials login) {
        var helper = helper(registry);
        if (helper.isPresent()) {
            helper.get().store(key(registry), login);
            return;
        }
        var entry = new LinkedHashMap<String, Object>();
        if (login.isToken()) {
            entry.put("identitytoken", login.secret());
        } else {
            byte[] pair = (login.user() + ":" + login.secret()).getBytes(StandardCharsets.UTF_8);
            entry.put("auth", Base64.getEncoder().encodeToString(pair));
        }
        var auths = new LinkedHashMap<String, Object>(map("auths"));
        auths.put(key(registry), entry);
        fields.put("auths", auths);
        write();
    }

    /// Forgets a login.
    ///
    /// @return whether there was one
    boolean forget(String registry) {
        boolean known = find(registry).isPresent();
        helper(registry).ifPresent(helper -> helper.erase(key(registry)));
        var auths = new LinkedHashMap<String, Object>(map("auths"));
        if (auths.keySet().removeAll(keys(registry))) {
            fields.put("auths", auths);
            write();
        }
        return known;
    }

    private Optional<CredentialHelper> helper(String registry) {
        var own = map("credHelpers").get(key(registry));
        var name = own != null ? own : fields.get("credsStore");
        return name instanceof String text && !text.isEmpty()
                ? Optional.of(new CredentialHelper(text))
                : Optional.empty();
    }

    private Optional<Credentials> credentials(Map<?, ?> login, String key) {
        if (login.get("identitytoken") instanceof String token && !token.isEmpty()) {
            return Optional.of(Credentials.token(token));
        }
        if (login.get("auth") instanceof String auth && !auth.isEmpty()) {
            try {
                String pair = new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8);
                int colon = pair.indexOf(':');
                if (colon > 0) {
                    return Optional.of(
                            new Credentials(pair.substring(0, colon), pair.substring(colon + 1)));
                }
            } catch (IllegalArgumentException e) {
                // Said below.
            }
            throw unreadable(file, "the login for '%s' is damaged".formatted(key), null);
        }
        return Optional.empty();
    }

    private static String key(String registry) {
        return registry.equals(ImageReference.DEFAULT_REGISTRY) ? DOCKER_HUB : registry;
    }

    private static List<String> keys(String registry) {
        return registry.equals(ImageReference.DEFAULT_REGISTRY)
                ? List.of(DOCKER_HUB, "index.docker.io", "docker.io", "https://docker.io")
                : List.of(
                        registry,
                        "https://" + registry,
                        "http://" + registry,
                        "https://" + registry + "/",
                        "https://" + registry + "/v1/",
                        "https://" + registry + "/v2/");
    }

    private Map<String, Object> map(String key) {
        var copy = new LinkedHashMap<String, Object>();
        if (fields.get(key) instanceof Map<?, ?> map) {
            map.forEach((name, value) -> copy.put(String.valueOf(name), value));
        }
        return copy;
    }

    private void write() {
        try {
            Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
            Path folder = target.resolveSibling(".").normalize();
            var owner = PosixFilePermissions.fromString("rwx------");
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(owner));
            Path aside =
                    Files.createTempFile(
                            folder,
                            ".config",
                            ".json",
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            try {
                Files.write(aside, JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asBytes(fields));
                Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(aside);
            }
        } catch (IOException e) {
            throw Failures.of("Writing " + file, e);
        }
    }

    private static StasisException unreadable(
            Path file, String problem, @Nullable Throwable cause) {
        return new StasisException(
                ErrorCode.INVALID_ARGUMENT,
                "The logins in %s can't be read: %s; repair that file, or log in again with another DOCKER_CONFIG"
                        .formatted(file, problem),
                cause);
    }
}
