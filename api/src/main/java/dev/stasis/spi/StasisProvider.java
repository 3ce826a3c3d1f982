package dev.stasis.spi;

import dev.stasis.Stasis;
import java.nio.file.Path;

/// What makes {@link Stasis} work somewhere: found by {@link java.util.ServiceLoader}.
public interface StasisProvider {
    /// Opens a home.
    ///
    /// @param home the folder that holds sandboxes, snapshots and images; made when it is not there
    /// @return an open instance, which its caller closes
    /// @throws dev.stasis.StasisException when the home can't be used
    Stasis open(Path home);

    /// The home that is used when none is named: `STASIS_HOME`, else the `stasis` folder below the
    /// XDG data folder.
    Path defaultHome();

    /// Loads what every home needs and depends on none, so that a later {@link #open} takes less
    /// long. For a short program, on a thread beside what it does before it opens a home. Changes
    /// nothing outside of this process; what is missing is for {@link #open} to report.
    default void prepare() {}

    /// Ends this process, without waiting for threads that are busy elsewhere; only for a program
    /// that has closed all it opened. No shutdown hook runs.
    ///
    /// @param exitCode what the process ends with
    default void endProcess(int exitCode) {
        Runtime.getRuntime().halt(exitCode);
    }
}
