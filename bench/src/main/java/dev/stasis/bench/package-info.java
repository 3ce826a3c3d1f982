/// The benchmark: Stasis and what a user would take instead, side by side in one run.
@NullMarked
package dev.stasis.bench;

import org.jspecify.annotations.NullMarked;
