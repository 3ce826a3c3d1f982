package dev.stasis.image;

/// A name of something that is no folder. Names that are hard links of each other have the same
/// content.
///
/// @param content what it is a name of
/// @param layer the layer that put the name there
record Name(Content content, int layer) implements Node {
    /// What names stand for: an entry that brought it.
    static final class Content {
        private final TarEntry.Kind kind;
        private final int entry;
        private final String target;
        private boolean linked;

        /// @param entry the number of the entry
        /// @param target where a symbolic link leads; else empty
        Content(TarEntry.Kind kind, int entry, String target) {
            this.kind = kind;
            this.entry = entry;
            this.target = target;
        }

        TarEntry.Kind kind() {
            return kind;
        }

        int entry() {
            return entry;
        }

        String target() {
            return target;
        }

        boolean isLinked() {
            return linked;
        }

        void link() {
            linked = true;
        }
    }
}
