/// The logs that the launcher of a machine keeps, read back. Knows nothing of sandboxes and homes.
@org.jspecify.annotations.NullMarked
package dev.stasis.local.logs;
