package dev.stasis.machine;

/// A disk layer that a machine has opened and does not use yet: see {@link Machine#openOverlay}.
///
/// @param node what QEMU calls it
/// @param presentNode the same for the layer that the machine uses until then
public record OpenOverlay(String node, String presentNode) {}
