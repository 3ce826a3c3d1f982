package dev.stasis.cli;

import dev.stasis.PullBuilder;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/// The options that say how a registry is reached.
final class RegistryOptions {
    @Option(
            names = "--plain-http",
            description =
                    "Talks with the registry without TLS: anybody on the way can read the login and"
                            + " change what has no digest.")
    boolean plainHttp;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description =
                    "Trusts the certificates in this file too, in PEM, beside those of this computer"
                            + " and of /etc/docker/certs.d. Repeatable.")
    List<Path> authorities = List.of();

    void applyTo(PullBuilder pull) {
        if (plainHttp) {
            pull.plainHttp();
        }
        authorities.forEach(pull::certificateAuthority);
    }
}
