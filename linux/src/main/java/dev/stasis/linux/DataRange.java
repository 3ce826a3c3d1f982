package dev.stasis.linux;

/// A part of a sparse file that is no hole.
///
/// @param offset where it begins, in bytes
/// @param length how long it is, in bytes
public record DataRange(long offset, long length) {
    /// The first byte after it.
    public long end() {
        return offset + length;
    }
}
