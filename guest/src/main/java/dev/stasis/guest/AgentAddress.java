package dev.stasis.guest;

import java.nio.file.Path;

/// Where an agent is reached, and where to look when it is not.
///
/// @param socket the unix socket of a lane
/// @param consoleLog the file that holds what the guest's kernel and agent wrote on the console;
///   errors name it
public record AgentAddress(Path socket, Path consoleLog) {
    /// What went wrong with the agent there, and where to look.
    String error(String what) {
        return what + " (agent at " + socket + "; the guest's console is in " + consoleLog + ")";
    }
}
