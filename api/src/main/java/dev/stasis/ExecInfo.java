package dev.stasis;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A command of a sandbox, as the guest tells of it.
///
/// @param id by which it is attached to
/// @param command the program and its arguments, cut where they are long
/// @param pid its process in the guest
/// @param started when it was started, by the guest's clock
/// @param ended when it ended, if it has
/// @param outcome how it ended, if it has
/// @param background whether it lives on without whoever started it
/// @param attached whether somebody is attached to it
/// @param terminal whether it has a terminal
public record ExecInfo(
        String id,
        List<String> command,
        int pid,
        Instant started,
        Optional<Instant> ended,
        Optional<ExecOutcome> outcome,
        boolean background,
        boolean attached,
        boolean terminal) {
    /// Copies.
    public ExecInfo {
        command = List.copyOf(command);
    }
}
