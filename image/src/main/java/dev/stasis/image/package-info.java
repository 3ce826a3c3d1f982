/// Images: read-only root file systems of guests, one squashfs file each. This package knows
/// images, not sandboxes.
///
/// {@link dev.stasis.image.ImageStore} keeps them by digest and makes them from tar files. What
/// comes from outside is hostile: {@link dev.stasis.image.ImageStore#importTar} reads a tar twice,
/// the first time to judge all of it, and nothing is written before that.
///
/// Images of OCI registries and archives are to come into this package: their layers are merged
/// into one sequence of tar entries and then take the same way, from the check of the tree to the
/// squashfs file.
package dev.stasis.image;
