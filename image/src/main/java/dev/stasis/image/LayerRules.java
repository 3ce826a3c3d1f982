package dev.stasis.image;

/// By which rules the entries of a tar file become a tree.
enum LayerRules {
    /// It is a whole root file system: every name in it means itself, nothing lies behind a link,
    /// and it ends with the mark of its end.
    ROOT,
    /// It is a layer of an OCI image, to be put upon those below: it may delete what is there, be
    /// empty, and put files behind symbolic links, which are followed inside of the tree.
    LAYER
}
