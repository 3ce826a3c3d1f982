package dev.stasis;

import java.util.List;

/// What a copy did.
///
/// @param files how many files were copied
/// @param folders how many folders
/// @param links how many symbolic links
/// @param bytes how many bytes the files hold, without their holes
/// @param skipped what could not be there, such as sockets, with the reason: `path: reason`; at
///   most {@link #MAX_SKIPPED}
public record CopyReport(
        long files, long folders, long links, ByteSize bytes, List<String> skipped) {
    /// How many skipped things are named.
    public static final int MAX_SKIPPED = 1000;

    /// Copies the list.
    public CopyReport {
        skipped = List.copyOf(skipped);
    }
}
