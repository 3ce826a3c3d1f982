package dev.stasis.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// How registries are reached.
///
/// @param transport whether connections are encrypted
/// @param authorities files of certificates, in PEM, that are trusted beside those of Java and of
///   this computer
/// @param dockerConfig Docker's configuration file, which need not exist: logins are read from it
/// @param credentials who to be instead of what that file says
public record RegistryAccess(
        Transport transport,
        List<Path> authorities,
        Path dockerConfig,
        Optional<Credentials> credentials) {
    /// Copies.
    public RegistryAccess {
        authorities = List.copyOf(authorities);
    }

    /// What carries the requests.
    public enum Transport {
        /// TLS, with certificates that are checked.
        TLS("https"),
        /// Plain HTTP: anybody on the way can read and change all of it but what has a digest.
        PLAIN_HTTP("http");

        private final String scheme;

        Transport(String scheme) {
            this.scheme = scheme;
        }

        String scheme() {
            return scheme;
        }
    }

    RegistryAccess as(Credentials other) {
        return new RegistryAccess(transport, authorities, dockerConfig, Optional.of(other));
    }
}
