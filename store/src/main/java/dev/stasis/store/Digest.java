package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// What the content of a file is known by: see [Digests].
///
/// @param scheme how it is computed
/// @param hex it, in hexadecimal
public record Digest(Scheme scheme, String hex) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

    /// How a digest is computed.
    public enum Scheme {
        /// SHA-256 of the content. What the first version of Stasis wrote.
        SHA256("sha256"),
        /// SHA-256 over the SHA-256 of each chunk, so that chunks can be read by several threads
        /// and holes need not be read.
        TREE("tree");

        private final String field;

        Scheme(String field) {
            this.field = field;
        }

        /// The field of a manifest that holds such a digest.
        String field() {
            return field;
        }
    }

    /// Checks the form.
    public Digest {
        if (!isHex(hex)) {
            throw new IllegalArgumentException("'" + Names.shown(hex) + "' is no digest");
        }
    }

    /// Whether a file that nobody writes to has this digest.
    ///
    /// @throws dev.stasis.StasisException with IO_FAILED when it can't be read
    public boolean isOf(Path file) {
        try {
            return equals(Digests.of(file, scheme, _ -> {}));
        } catch (IOException e) {
            throw Failures.of("Reading " + file, e);
        }
    }

    static boolean isHex(String text) {
        return FORM.matcher(text).matches();
    }

    @Override
    public String toString() {
        return scheme.field + " " + hex;
    }
}
