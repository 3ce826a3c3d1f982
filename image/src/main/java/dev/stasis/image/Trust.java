package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// Whose certificates are believed: those that Java and this computer know, those that Docker was
/// told for a registry (`/etc/docker/certs.d/HOST:PORT/*.crt`), and those that the caller names.
final class Trust {
    private static final Path COMPUTER = Path.of("/etc/ssl/certs/ca-certificates.crt");
    private static final Path DOCKER = Path.of("/etc/docker/certs.d");

    private Trust() {}

    static SSLContext context(String registry, List<Path> authorities) {
        try {
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            var certificates = new ArrayList<Certificate>(ofJava());
            for (Path file : known(registry)) {
                certificates.addAll(read(file));
            }
            for (Path file : authorities) {
                certificates.addAll(named(file));
            }
            int number = 0;
            for (var certificate : certificates) {
                store.setCertificateEntry("c" + number++, certificate);
            }
            var context = SSLContext.getInstance("TLS");
            context.init(null, managers(store), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED,
                    "The certificates to check %s with can't be read: %s"
                            .formatted(registry, e.getMessage()),
                    e);
        }
    }

    private static List<Certificate> ofJava() throws GeneralSecurityException {
        var all = new ArrayList<Certificate>();
        for (var manager : managers(null)) {
            if (manager instanceof X509TrustManager trusted) {
                all.addAll(List.of(trusted.getAcceptedIssuers()));
            }
        }
        return all;
    }

    private static TrustManager[] managers(@Nullable KeyStore store)
            throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static List<Path> known(String registry) throws IOException {
        var files = new ArrayList<Path>();
        if (Files.isReadable(COMPUTER)) {
            files.add(COMPUTER);
        }
        Path folder = DOCKER.resolve(registry);
        if (Files.isDirectory(folder)) {
            for (Path file : ImageFolders.entries(folder)) {
                if (file.toString().endsWith(".crt")) {
                    files.add(file);
                }
            }
        }
        return files;
    }

    private static Collection<? extends Certificate> read(Path file)
            throws GeneralSecurityException, IOException {
        try (var in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    private static Collection<? extends Certificate> named(Path file) {
        try {
            var certificates = read(file);
            if (!certificates.isEmpty()) {
                return certificates;
            }
        } catch (GeneralSecurityException | IOException e) {
            throw notRead(file, e);
        }
        throw notRead(file, null);
    }

    private static StasisException notRead(Path file, @Nullable Throwable cause) {
        return new StasisException(
                ErrorCode.INVALID_ARGUMENT,
                "No certificates can be read from %s: give a file of certificates in PEM"
                        .formatted(file),
                cause);
    }
}
