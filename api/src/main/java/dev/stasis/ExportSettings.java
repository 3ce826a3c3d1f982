package dev.stasis;

import java.util.Optional;

/// How a snapshot is exported; {@link ExportBuilder} makes them.
///
/// @param name the name under which it is to be imported; none = the first one it has
/// @param since a snapshot that whoever imports has, by its name or id
/// @param withImage whether the root file system goes along
public record ExportSettings(Optional<String> name, Optional<String> since, boolean withImage) {}
