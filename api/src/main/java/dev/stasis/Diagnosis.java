package dev.stasis;

/// One thing that was looked at to find out whether Stasis works here.
///
/// @param subject what was looked at
/// @param verdict whether it is as it should be
/// @param found what was found
/// @param advice what to do about it; empty where nothing is to be done
public record Diagnosis(String subject, Verdict verdict, String found, String advice) {
    /// Whether something is as it should be.
    public enum Verdict {
        /// It is.
        OK,
        /// Stasis works, but not as well as it could.
        NOTICE,
        /// Stasis does not work, or only in part.
        FAILED
    }
}
