package dev.stasis;

/// What became of one of several forks that were to be made, see {@link Snapshot#restoreAll}.
public sealed interface ForkOutcome {
    /// The name of the fork.
    String name();

    /// The fork runs.
    ///
    /// @param sandbox the fork, which whoever asked for it closes
    record Restored(Sandbox sandbox) implements ForkOutcome {
        @Override
        public String name() {
            return sandbox.name();
        }
    }

    /// There is no fork of that name; nothing is left of it.
    ///
    /// @param name the name that it was to have
    /// @param failure why
    record Failed(String name, StasisException failure) implements ForkOutcome {}
}
