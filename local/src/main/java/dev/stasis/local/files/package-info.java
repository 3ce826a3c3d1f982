/// A sandbox's files: sessions with its file server, copies of trees, and a `java.nio.file` view.
/// Knows nothing of machines and homes.
@org.jspecify.annotations.NullMarked
package dev.stasis.local.files;
