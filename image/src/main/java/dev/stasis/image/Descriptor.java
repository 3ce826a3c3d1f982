package dev.stasis.image;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;

/// What an image's documents say of a blob.
///
/// @param mediaType what kind of blob it is
/// @param digest its SHA-256, in hexadecimal
/// @param size how large it is, in bytes
record Descriptor(String mediaType, String digest, long size) {
    /// @param where what it stands in, for messages
    static Descriptor read(JsonTree tree, String where) {
        var descriptor =
                new Descriptor(
                        tree.text("mediaType"),
                        Digests.parse(tree.text("digest"), where),
                        tree.number("size"));
        if (descriptor.size < 0) {
            throw new StasisException(
                    ErrorCode.IMAGE_INVALID,
                    "%s gives a blob the size %d: tell the image's maker"
                            .formatted(where, descriptor.size));
        }
        return descriptor;
    }

    /// Its digest, as far as people look at it.
    String shortDigest() {
        return digest.substring(0, 12);
    }
}
