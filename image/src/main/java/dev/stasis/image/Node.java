package dev.stasis.image;

/// What a name in the tree stands for.
sealed interface Node permits Folder, Name {
    /// The number of the layer that put it there.
    int layer();
}
