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
}
