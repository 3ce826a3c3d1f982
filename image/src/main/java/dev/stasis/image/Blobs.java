package dev.stasis.image;

import java.io.IOException;

/// Where the blobs of an image come from.
interface Blobs {
    /// What it is, for messages: a registry's image, or an archive.
    String name();

    /// A small blob, verified: a manifest or a configuration.
    ///
    /// @param most the most bytes it may have
    byte[] document(Descriptor descriptor, int most) throws IOException;
}
