package dev.stasis;

/// How far a copy is.
///
/// @param path what is being copied, as the source names it
/// @param entries how many files, folders and links were copied
/// @param bytes how many bytes of files were copied
public record CopyProgress(String path, long entries, ByteSize bytes) {}
