package dev.stasis;

import java.time.Duration;
import java.util.function.Consumer;

/// Clones of one snapshot that are restored already and stand still, so that a fork only has to be
/// let go: see {@link Snapshot#pool(int)}. Nothing of a clone's guest has run before the call that
/// makes it a fork; name, environment, CPUs and memory are given to it then.
///
/// What is taken is made anew in the background, within the limits of {@link PoolBuilder}: at once
/// when no clone is left or somebody waits for them, else when no fork was asked for in the last
/// 100 ms, so that forks come first. A call that finds no clone restores the snapshot as {@link
/// Snapshot#restore(String)} does. Clones are no sandboxes: they are not listed, and they end with
/// this process, even by `kill -9`. The snapshot's bytes stay as long as the pool. Thread-safe.
public interface Pool extends AutoCloseable {
    /// How many clones there should be.
    int size();

    /// How many clones there are at this moment.
    int ready();

    /// Waits until there are as many clones as there should be.
    ///
    /// @param atMost how long to wait
    /// @throws StasisException with the reason when a clone can't be made, with {@link
    ///   ErrorCode#DEADLINE_EXCEEDED} when they are not there in time, {@link
    ///   ErrorCode#WRONG_STATE} when the pool is closed, or {@link ErrorCode#INTERRUPTED}
    void awaitReady(Duration atMost);

    /// Makes a fork with a name that is made up, see {@link #restore(String)}.
    ///
    /// @return the fork, which its caller closes
    /// @throws StasisException as {@link #restore(String)}
    Sandbox restore();

    /// Makes a fork.
    ///
    /// @param name the name of the fork
    /// @return the fork, which its caller closes; it outlives the pool
    /// @throws StasisException as {@link Snapshot#restore(String)}, and with {@link
    ///   ErrorCode#WRONG_STATE} when the pool is closed
    default Sandbox restore(String name) {
        return restoreWith(name, _ -> {});
    }

    /// Makes a fork that differs from its source.
    ///
    /// @param name the name of the fork
    /// @param settings says in what it differs
    /// @return as {@link #restore(String)}
    /// @throws StasisException as {@link Snapshot#restoreWith}, and with {@link
    ///   ErrorCode#WRONG_STATE} when the pool is closed
    Sandbox restoreWith(String name, Consumer<RestoreBuilder> settings);

    /// Ends all clones and waits until they are gone. The forks that were made live on. A second
    /// call does nothing.
    @Override
    void close();
}
