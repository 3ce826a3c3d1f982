package dev.stasis;

/// How far the making of an image is.
///
/// @param layer which layer it is about, by the beginning of its digest; empty = the whole image
/// @param step what is being done
/// @param doneBytes how much of that is done
/// @param totalBytes how much there is to do
public record ImageProgress(String layer, Step step, long doneBytes, long totalBytes) {
    /// What is done, in this order.
    public enum Step {
        /// It looks whether this image is there already.
        RECOGNISING,
        /// A layer comes from the registry.
        FETCHING,
        /// A layer is here, and it is what its digest says.
        FETCHED,
        /// The layers are judged.
        CHECKING,
        /// The root file system is built.
        BUILDING
    }
}
