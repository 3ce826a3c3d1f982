package dev.stasis.examples;

import dev.stasis.Snapshot;
import dev.stasis.Stasis;

/// Warms a sandbox up once, forks it twice, and keeps the warm state for another day.
public final class WarmState {
    private WarmState() {}

    /// Prints `warm` twice: what one fork removed is still there in the other, and in a fork made
    /// after the source is gone.
    ///
    /// @param args none
    public static void main(String[] args) {
        // @start region="tour"
        try (var stasis = Stasis.open();
                var base = stasis.create("base", s -> s.image("busybox").memory("512M"))) {
            base.exec("sh", "-c", "echo warm > /dev/shm/state").orThrow();
            var warm = base.snapshot(); // base is paused now
            try (var a = warm.restore("a");
                    var b = warm.restoreWith("b", r -> r.env("ROLE", "load"))) {
                a.exec("rm", "/dev/shm/state").orThrow();
                // b is untouched: prints "warm"
                System.out.print(b.exec("cat", "/dev/shm/state").orThrow().stdout());
            } // closed = removed
            warm.saveNamed("seeded"); // survives base and this JVM
            base.resume();
        }
        // @end
        // @start region="later"
        try (var later = Snapshot.get("seeded").restore()) { // another JVM, another day
            System.out.print(later.exec("cat", "/dev/shm/state").orThrow().stdout());
        }
        Snapshot.delete("seeded");
        // @end
    }
}
