package dev.stasis.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/// Files of the store that know when they were changed: their first line is the SHA-256 of all that
/// follows, in hexadecimal.
final class Sealed {
    private static final int LINE_BYTES = 65;

    private Sealed() {}

    /// Puts the line before a content.
    static byte[] seal(byte[] content) {
        byte[] line = (Digests.hex(content) + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(line, line.length + content.length);
        System.arraycopy(content, 0, all, line.length, content.length);
        return all;
    }

    /// Takes the line off.
    ///
    /// @throws dev.stasis.StasisException with STORE_DAMAGED when it is not that of the rest
    static byte[] open(Path file, byte[] sealed) {
        int line = Math.min(LINE_BYTES, sealed.length);
        byte[] content = Arrays.copyOfRange(sealed, line, sealed.length);
        String expected = Digests.hex(content) + "\n";
        if (!expected.equals(new String(sealed, 0, line, StandardCharsets.US_ASCII))) {
            throw Failures.damaged(
                    "%s (%d bytes) was changed or cut off: its first line is not the SHA-256 of the rest"
                            .formatted(file, sealed.length));
        }
        return content;
    }
}
