/// Images: read-only root file systems of guests, one squashfs file each. This package knows
/// images, not sandboxes.
///
/// {@link dev.stasis.image.ImageStore} keeps them by digest and makes them from registries
/// (`ImagePull`), archives and tar files (`ImageLoad`). What comes from outside is hostile: layers
/// are read twice, the first time to judge the tree that they make together (`LayerMerge`, `Tree`),
/// and nothing is written before that.
package dev.stasis.image;
