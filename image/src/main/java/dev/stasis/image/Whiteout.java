package dev.stasis.image;

import java.util.Optional;

/// An entry of a layer that deletes what layers below it brought.
///
/// @param what what it deletes
/// @param folder the folder that it deletes in
/// @param name the name that it deletes, for one
/// @param entry the path of the entry itself
record Whiteout(What what, String folder, String name, String entry) {
    private static final String PREFIX = ".wh.";
    private static final String OWN_PREFIX = PREFIX + PREFIX;
    private static final String OPAQUE = OWN_PREFIX + ".opq";

    /// What is deleted.
    enum What {
        /// One name.
        ONE,
        /// All that is in the folder.
        ALL,
        /// Nothing: notes that a union file system left for itself.
        NOTHING
    }

    /// What an entry deletes.
    ///
    /// @return empty when the entry is of something that is to be there
    static Optional<Whiteout> of(TarEntry entry) {
        String folder = TreePath.parent(entry.path());
        String name = TreePath.name(entry.path());
        if (!name.startsWith(PREFIX)) {
            return firstNote(entry);
        }
        var what =
                name.equals(OPAQUE)
                        ? What.ALL
                        : name.startsWith(OWN_PREFIX) ? What.NOTHING : What.ONE;
        return Optional.of(
                new Whiteout(what, folder, name.substring(PREFIX.length()), entry.path()));
    }

    /// What lies in a folder of such notes is one, too.
    private static Optional<Whiteout> firstNote(TarEntry entry) {
        String path = entry.path();
        return path.startsWith(OWN_PREFIX) || path.contains("/" + OWN_PREFIX)
                ? Optional.of(new Whiteout(What.NOTHING, "", "", path))
                : Optional.empty();
    }
}
