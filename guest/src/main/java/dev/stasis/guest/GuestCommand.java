package dev.stasis.guest;

import java.time.Instant;
import java.util.List;

/// A command that an agent knows: all of it is what the guest says.
///
/// @param number the agent's, rising
/// @param id by which it is attached to
/// @param pid its process
/// @param words the program and its arguments, cut where they are long
/// @param began when it was started, by the guest's clock
/// @param ended when it ended; without meaning while it runs
/// @param end how it ended, if it has
/// @param hold who holds it
public record GuestCommand(
        int number,
        String id,
        int pid,
        List<String> words,
        Instant began,
        Instant ended,
        End end,
        Hold hold) {
    /// Copies.
    public GuestCommand {
        words = List.copyOf(words);
    }

    /// Who holds a command.
    ///
    /// @param kept whether it lives on without its host
    /// @param attached whether a host is attached to it
    /// @param terminal whether it has a terminal
    public record Hold(boolean kept, boolean attached, boolean terminal) {}

    /// How a command ended, if it has.
    public sealed interface End {}

    /// It runs.
    public record Running() implements End {}

    /// It has ended.
    ///
    /// @param how how
    public record Ended(CommandEnd how) implements End {}

    /// It could not be executed.
    ///
    /// @param errno why
    public record NotExecuted(int errno) implements End {}
}
