/// Snapshots and sandboxes on disk. This package knows files; what runs from them is not its
/// matter.
///
/// {@link dev.stasis.store.Home} is where everything lies and where to begin. {@link
/// dev.stasis.store.SandboxStore} keeps the records of sandboxes, {@link
/// dev.stasis.store.SnapshotStore} publishes, names, finds and collects snapshots, and {@link
/// dev.stasis.store.SnapshotManifest} draws what a snapshot is on disk.
///
/// Locks are taken in one order: a sandbox's lock first, the store-wide one second. The store-wide
/// one is held for short changes of metadata only, never while anything large is read or written.
package dev.stasis.store;
