package dev.stasis.image;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Debian's docker-registry, run on this computer for a test, and skopeo to fill it.
final class DockerRegistry implements AutoCloseable {
    /// Who it knows when it asks: `me`, whose password is `secret`, hashed by bcrypt.
    static final Credentials LOGIN = new Credentials("me", "secret");

    private static final String KNOWN =
            "me:$2y$05$.vpq6JGhwVX6YqYZSw668OuQ/guBLHdq8oz/qEyvvDQiGjOCqAR/S\n";
    private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    private final Path folder;
    private final int port;
    private final boolean guarded;
    private Process process;

    private DockerRegistry(Path folder, int port, boolean guarded) throws Exception {
        this.folder = folder;
        this.port = port;
        this.guarded = guarded;
        process = launch();
    }

    /// Without TLS and logins.
    static DockerRegistry plain(Path folder) throws Exception {
        return start(folder, "", false);
    }

    /// With a certificate of an authority of its own, for those who log in.
    static DockerRegistry guarded(Path folder) throws Exception {
        Files.writeString(folder.resolve("users"), KNOWN);
        run(
                folder,
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=test authority",
                "-keyout",
                "ca.key",
                "-out",
                "ca.pem");
        run(
                folder,
                "openssl",
                "req",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=registry",
                "-keyout",
                "registry.key",
                "-out",
                "registry.csr");
        Files.writeString(folder.resolve("names"), "subjectAltName=IP:127.0.0.1\n");
        run(
                folder,
                "openssl",
                "x509",
                "-req",
                "-in",
                "registry.csr",
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                "names",
                "-out",
                "registry.pem");
        String more =
                """
                  tls: {certificate: registry.pem, key: registry.key}
                auth: {htpasswd: {realm: test, path: users}}
                """;
        return start(folder, more, true);
    }

    /// A port that was free may be taken until the registry wants it: then with another one.
    private static DockerRegistry start(Path folder, String more, boolean guarded)
            throws Exception {
        for (int tries = 1; ; tries++) {
            try {
                return startOnce(folder, more, guarded);
            } catch (AssertionError e) {
                if (tries == 3 || !String.valueOf(e).contains("address already in use")) {
                    throw e;
                }
                Files.delete(folder.resolve("log"));
            }
        }
    }

    private static DockerRegistry startOnce(Path folder, String more, boolean guarded)
            throws Exception {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.writeString(
                folder.resolve("config.yml"),
                """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: data}, delete: {enabled: true}}
                http:
                  addr: 127.0.0.1:%d
                """
                                .formatted(port)
                        + more);
        return new DockerRegistry(folder, port, guarded);
    }

    private Process launch() throws Exception {
        var started =
                new ProcessBuilder("docker-registry", "serve", "config.yml")
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                        .start();
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!answers()) {
            if (!started.isAlive() || System.nanoTime() > end) {
                started.destroyForcibly();
                throw new AssertionError(
                        "docker-registry does not answer: "
                                + Files.readString(folder.resolve("log")));
            }
            Thread.sleep(20);
        }
        return started;
    }

    private boolean answers() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    void restart() throws Exception {
        process = launch();
    }

    String host() {
        return "127.0.0.1:" + port;
    }

    Path authority() {
        return folder.resolve("ca.pem");
    }

    ImageReference name(String repositoryAndVersion) {
        return ImageReference.parse(host() + "/" + repositoryAndVersion);
    }

    RegistryAccess access(Path dockerConfig) {
        return new RegistryAccess(
                guarded ? RegistryAccess.Transport.TLS : RegistryAccess.Transport.PLAIN_HTTP,
                guarded ? List.of(authority()) : List.of(),
                dockerConfig,
                Optional.empty());
    }

    /// Has skopeo put an image into it.
    ///
    /// @param from as skopeo writes it, such as `oci:FOLDER:TAG`
    void push(String from, String to, String... options) throws Exception {
        var command = new ArrayList<String>(List.of("skopeo", "copy", "--quiet"));
        command.addAll(List.of("--dest-tls-verify=false"));
        if (guarded) {
            command.addAll(List.of("--dest-creds", LOGIN.user() + ":" + LOGIN.secret()));
        }
        command.addAll(List.of(options));
        command.addAll(List.of(from, "docker://" + host() + "/" + to));
        run(folder, command.toArray(String[]::new));
    }

    /// Where it keeps a blob.
    Path blob(String digest) {
        return folder.resolve("data/docker/registry/v2/blobs/sha256")
                .resolve(digest.substring(0, 2))
                .resolve(digest)
                .resolve("data");
    }

    static void run(Path folder, String... command) throws Exception {
        var builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("HOME", folder.toString());
        var process = builder.start();
        String said =
                new String(
                        process.getInputStream().readAllBytes(),
                        java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(List.of(command) + " said " + said);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
