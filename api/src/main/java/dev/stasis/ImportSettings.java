package dev.stasis;

import java.util.Optional;
import java.util.function.Consumer;

/// How a snapshot is imported; {@link ImportBuilder} makes them.
///
/// @param name the name it gets; none = the one in the archive
/// @param notices told what will keep the snapshot from being restored on this computer
public record ImportSettings(Optional<String> name, Consumer<String> notices) {}
