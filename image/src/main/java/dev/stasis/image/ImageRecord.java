package dev.stasis.image;

import dev.stasis.ByteSize;
import dev.stasis.ImageConfig;
import java.nio.file.Path;
import java.time.Instant;

/// A root file system that machines can be given.
///
/// @param digest the SHA-256, in hexadecimal, of what it was made from
/// @param root its squashfs file, which is never written again
/// @param source what it was made from, for people
/// @param created when it was made
/// @param bytes how large the squashfs file is
/// @param sourceBytes how large what it was made from is: its layers, compressed as they came, or
///   the tar file
/// @param config how it wants to be run; empty when it was made from a plain root file system
public record ImageRecord(
        String digest,
        Path root,
        String source,
        Instant created,
        ByteSize bytes,
        ByteSize sourceBytes,
        ImageConfig config) {}
