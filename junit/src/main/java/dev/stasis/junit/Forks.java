package dev.stasis.junit;

import dev.stasis.Sandbox;

/// Makes further forks of a sandbox, for what is more than one test to JUnit's eyes: each dynamic
/// test of a factory, or a test that needs two. A test asks for it with a parameter of this type.
/// Thread-safe.
public interface Forks {
    /// Another fork of the warmed sandbox. It may be closed, and is at the end of the test method
    /// or test factory at the latest.
    ///
    /// @throws dev.stasis.StasisException as {@link dev.stasis.Snapshot#restore()}
    Sandbox next();
}
