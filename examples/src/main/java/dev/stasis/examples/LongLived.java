package dev.stasis.examples;

import dev.stasis.Stasis;

/// Makes a sandbox that outlives its maker, and takes it up again as another process would.
public final class LongLived {
    private LongLived() {}

    /// Prints what the first process left in the sandbox.
    ///
    /// @param args none
    public static void main(String[] args) {
        // @start region="detached"
        try (var stasis = Stasis.open();
                var sandbox = stasis.create("long-lived", s -> s.detached())) {
            sandbox.exec("sh", "-c", "echo kept > /root/note").orThrow();
        } // released, not removed

        try (var stasis = Stasis.open();
                var sandbox =
                        stasis.sandbox("long-lived")) { // any process of this user can do this
            System.out.print(sandbox.exec("cat", "/root/note").orThrow().stdout());
            sandbox.remove();
        }
        // @end
    }
}
