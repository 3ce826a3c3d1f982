package dev.stasis;

import java.util.Optional;
import java.util.function.Consumer;

/// How a tree is copied; {@link CopyBuilder} makes them.
///
/// @param owners whether files keep the numbers of their owners and groups, and their set-user-id
///   bits
/// @param progress told of each thing that is copied
public record CopySettings(boolean owners, Optional<Consumer<CopyProgress>> progress) {}
