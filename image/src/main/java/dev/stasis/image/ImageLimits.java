package dev.stasis.image;

import dev.stasis.ByteSize;

/// How much of an image is believed. What is larger is refused, before it takes memory or disk.
///
/// @param content all files together, unpacked, with their holes
/// @param entries how many files, folders and links
public record ImageLimits(ByteSize content, int entries) {
    /// 64 GiB and a million entries.
    public static final ImageLimits USUAL =
            new ImageLimits(ByteSize.ofMebibytes(64 << 10), 1_000_000);

    /// The longest path, in bytes: Linux's own limit.
    static final int LONGEST_PATH_BYTES = 4095;

    /// The longest name of a file, in bytes: Linux's own limit.
    static final int LONGEST_NAME_BYTES = 255;

    /// All that stands before the content of one entry: headers, long names, extended attributes.
    static final int LARGEST_HEADERS_BYTES = 1 << 20;
}
