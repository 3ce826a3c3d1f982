package dev.stasis.image;

/// How far an import is.
///
/// @param step what is being done
/// @param doneBytes how much of the tar file was read in this step
/// @param totalBytes how large the tar file is
public record ImportProgress(Step step, long doneBytes, long totalBytes) {
    /// What an import does, in this order.
    public enum Step {
        /// It looks whether it has this image already.
        RECOGNISING,
        /// It judges the tar file.
        CHECKING,
        /// It builds the root file system.
        BUILDING
    }
}
