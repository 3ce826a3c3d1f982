package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Duration;

/// Logs in at registries and out again, where Docker does it: in its configuration file or with the
/// programs that it names.
public final class RegistryLogin {
    private static final Duration ATMOST = Duration.ofMinutes(2);

    private RegistryLogin() {}

    /// Makes sure that a registry knows somebody, and keeps that.
    ///
    /// @param registry its host, with its port if it is not the usual one
    /// @param login who
    /// @throws StasisException with {@link ErrorCode#ACCESS_DENIED} when it does not
    public static void login(String registry, Credentials login, RegistryAccess access) {
        String host = ImageReference.parseRegistry(registry);
        try (var asked = new Registry(host, "", access.as(login), new Deadline(ATMOST))) {
            asked.checkLogin();
        }
        DockerConfig.read(access.dockerConfig()).keep(host, login);
    }

    /// Forgets a login.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when there is none
    public static void logout(String registry, RegistryAccess access) {
        String host = ImageReference.parseRegistry(registry);
        if (!DockerConfig.read(access.dockerConfig()).forget(host)) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "There is no login for %s in %s: check the name"
                            .formatted(registry, access.dockerConfig()));
        }
    }
}
