package dev.stasis.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256.
final class Digests {
    private static final int BUFFER_BYTES = 1 << 20;

    private Digests() {}

    static byte[] sha256(byte[] content) {
        return algorithm().digest(content);
    }

    /// The digest of a file, in hexadecimal. Holes count as the zeros that they read as.
    static String sha256(Path file) throws IOException {
        var digest = algorithm();
        var buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try (var channel =
                FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            while (channel.read(buffer) >= 0) {
                digest.update(buffer.flip());
                buffer.clear();
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest algorithm() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java has SHA-256", e);
        }
    }
}
