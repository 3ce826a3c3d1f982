package dev.stasis.machine;

import dev.stasis.StasisException;

/// Where the sockets and logs of a machine are that is only tried out. Whoever asks for them closes
/// them; what is left when its process is killed goes with what else that left.
public interface TrialFiles extends AutoCloseable {
    /// Where they are: in folders that nothing else uses.
    MachineFiles files();

    /// Ends the machine if it still lives, and removes the folders.
    ///
    /// @throws StasisException when they can't be removed
    @Override
    void close();
}
