package dev.stasis;

/// How far something is that reads a lot.
///
/// @param subject what it is about
/// @param done how much was read
/// @param total how much there is to be read
public record Progress(String subject, ByteSize done, ByteSize total) {}
