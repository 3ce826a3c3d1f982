package dev.stasis;

import java.time.Instant;
import java.util.List;

/// What is known of an image on this computer.
///
/// @param digest what it is known by, in hexadecimal
/// @param names what it is called; none when it was made from a file without a name, or another
///   image has its name now
/// @param source what it was made from, for people
/// @param created when it was made here
/// @param bytes what it takes on disk
/// @param sourceBytes how large what it was made from is: its layers, compressed as they came, or
///   the tar file
/// @param users the sandboxes and snapshots that use it, such as `sandbox base`
/// @param config how it wants to be run
public record ImageInfo(
        String digest,
        List<String> names,
        String source,
        Instant created,
        ByteSize bytes,
        ByteSize sourceBytes,
        List<String> users,
        ImageConfig config) {
    /// Copies.
    public ImageInfo {
        names = List.copyOf(names);
        users = List.copyOf(users);
    }
}
