package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/// Digests of contents, all made of SHA-256. A file's is computed by [TreeDigest], unless a
/// manifest of the first format asks for a plain one.
final class Digests {
    private Digests() {}

    static byte[] sha256(byte[] content) {
        return algorithm().digest(content);
    }

    static String hex(byte[] content) {
        return HexFormat.of().formatHex(sha256(content));
    }

    /// The digest of a file that nobody writes to.
    static Digest of(Path file) throws IOException {
        return of(file, Digest.Scheme.TREE, _ -> {});
    }

    /// The digest of a file that nobody writes to.
    ///
    /// @param progress is told how many bytes were read since it was told last, on any thread
    static Digest of(Path file, Digest.Scheme scheme, LongConsumer progress) throws IOException {
        return new Digest(
                scheme,
                switch (scheme) {
                    case SHA256 -> TreeDigest.plain(file, progress);
                    case TREE -> TreeDigest.of(file, progress);
                });
    }

    static MessageDigest algorithm() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java has SHA-256", e);
        }
    }
}
