package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Digests as OCI writes them: `sha256:` and 64 hexadecimal digits. Within this package they are
/// the digits alone.
final class Digests {
    static final String PREFIX = "sha256:";

    private Digests() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every Java has SHA-256", e);
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    static String of(byte[] content) {
        return HexFormat.of().formatHex(sha256().digest(content));
    }

    /// The digits of a digest.
    ///
    /// @param where what says it, for the message
    /// @throws StasisException with {@link ErrorCode#IMAGE_INVALID}
    static String parse(String text, String where) {
        if (text.startsWith(PREFIX) && ImageFolders.isDigest(text.substring(PREFIX.length()))) {
            return text.substring(PREFIX.length());
        }
        throw new StasisException(
                ErrorCode.IMAGE_INVALID,
                "%s has the digest '%s': only 'sha256:' and 64 hexadecimal digits in lower case are understood"
                        .formatted(where, RawText.shown(text)));
    }
}
